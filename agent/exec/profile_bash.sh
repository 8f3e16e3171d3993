exec 2>/dev/null
printf '\0%s\0' "@MARK@"
shopt -p || :
set +o || :
umask -p || :
set +eux
IFS=$' \t\n'
printf '\0%s\0' "@MARK@"
compgen -A variable | while read -r codex_name; do
	declare -p -- "$codex_name"
	printf '\0'
done
printf '\0%s\0' "@MARK@"
compgen -A function | while read -r codex_name; do
	declare -f -- "$codex_name"
	printf '\0'
done
printf '\0%s\0' "@MARK@"
compgen -A alias | while read -r codex_name; do
	alias -- "$codex_name"
	printf '\0'
done
printf '\0%s\0' "@MARK@"
command env -0 && printf '\0%s\0' "@MARK@"
