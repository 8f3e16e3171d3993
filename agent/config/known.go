package config

import (
	"maps"
	"slices"
	"strings"
)

// elsewhere are the keys of Codex that mean nothing here yet. They are no
// mistake: one file serves both programs.
var elsewhere = strings.Fields(`
	agents allow_symlinked_codex_home analytics approvals_reviewer apps audio auto_review
	chatgpt_base_url check_for_update_on_startup
	default_permissions desktop disable_paste_burst
	features feedback file_opener ghost_snapshot goals
	hide_agent_reasoning history hooks include_apps_instructions include_collaboration_mode_instructions
	include_environment_context include_environment_context_time include_permissions_instructions instructions
	log_dir marketplaces mcp_enterprise_managed_auth mcp_oauth_callback_port mcp_oauth_callback_url
	mcp_oauth_credentials_store mcp_optional_startup_grace_ms mcp_servers memories
	model_auto_compact_token_limit_scope model_catalog_json
	model_post_turn_compact_threshold_percent notice notify otel permissions personality
	plan_mode_reasoning_effort plugins profiles projects realtime responses_api_metadata review_model
	service_tier show_raw_agent_reasoning skills sqlite_home
	suppress_unstable_features_warning thread_unload_delay_secs tools tui web_search windows
`)

// ours are the keys that a Config is made of.
var ours = strings.Fields(`
	cli_auth_credentials_store forced_chatgpt_workspace_id forced_login_method oss_provider
	allow_login_shell approval_policy background_terminal_max_timeout compact_prompt developer_instructions
	experimental_compact_prompt_file model model_auto_compact_token_limit model_context_window model_instructions_file model_provider model_providers
	model_reasoning_effort model_reasoning_summary model_verbosity openai_base_url
	project_doc_fallback_filenames project_doc_max_bytes project_root_markers review_changes
	sandbox sandbox_mode sandbox_workspace_write shell_environment_policy tool_output_token_limit
`)

// ofProvider are the keys of a table in model_providers, those that mean
// nothing here included.
var ofProvider = strings.Fields(`
	auth aws base_url capabilities credential_file env_http_headers env_key env_key_instructions
	experimental_bearer_token gateway_oauth http_headers location model_catalog_url name project_id query_params
	request_max_retries requires_openai_auth stream_idle_timeout_ms stream_max_retries
	supports_standalone_web_search supports_websockets websocket_connect_timeout_ms wire_api
`)

// removed are the keys that Codex once had, and what took their place.
var removed = map[string]string{
	"profile":                        "profiles are no longer selected in this file",
	"disable_response_storage":       "nothing is ever stored",
	"experimental_instructions_file": "use model_instructions_file",
	"preferred_auth_method":          "use forced_login_method",
}

// unknown warns of every key that nothing knows.
func (r *reader) unknown(n *node, path []string) {
	known := slices.Concat(ours, elsewhere)
	if len(path) > 0 {
		known = ofProvider // the only tables that are entered
	}
	for _, name := range slices.Sorted(maps.Keys(n.table)) {
		c, k := n.table[name], append(slices.Clone(path), name)
		switch {
		case len(k) == 1 && name == "model_providers":
			r.unknownOfProviders(c)
		case c.read, slices.Contains(known, name):
		default:
			r.warnUnknown(c, k, known)
		}
	}
}

func (r *reader) unknownOfProviders(providers *node) {
	for _, id := range slices.Sorted(maps.Keys(providers.table)) {
		r.unknown(providers.table[id], key{"model_providers", id})
	}
}

func (r *reader) warnUnknown(n *node, k key, known []string) {
	name := k[len(k)-1]
	near := nearest(name, known)
	instead, gone := removed[name]
	switch {
	case gone && len(k) == 1:
		r.warn(n, k, "this key is no longer used: %s", instead)
	case near != "":
		r.warn(n, k, "unknown key; did you mean %s?", near)
	case n.from == nil || !n.from.editor: // an editor's section holds settings of the plugin too
		r.warn(n, k, "unknown key")
	}
}

// nearest is the known key that a misspelt one must have meant, "" if none
// comes close.
func nearest(name string, known []string) string {
	best, least := "", 1+len(name)/5
	plain := strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	for _, k := range known {
		if d := distance(plain, k); d <= least && (best == "" || d < distance(plain, best)) {
			best = k
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
