exec 2>/dev/null
printf '\0%s\0' "@MARK@"
for codex_name in ${(f)"$(setopt)"}; do print -r -- "setopt $codex_name"; done
print -r -- "umask $(umask)"
emulate zsh
printf '\0%s\0' "@MARK@"
zmodload zsh/parameter
for codex_name in ${(k)parameters}; do
	[[ $parameters[$codex_name] == *(export|special|hide|readonly)* ]] && continue
	typeset -p -- $codex_name
	printf '\0'
done
printf '\0%s\0' "@MARK@"
for codex_name in ${(k)functions}; do
	functions -- $codex_name
	printf '\0'
done
printf '\0%s\0' "@MARK@"
alias -L
printf '\0%s\0' "@MARK@"
command env -0 && printf '\0%s\0' "@MARK@"
