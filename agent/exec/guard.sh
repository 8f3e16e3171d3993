# Reads "+ GROUP" and "- GROUP" lines from the server. When there are no more,
# the server is gone, and so must be what is left of its commands.
trap '' HUP INT TERM
live=' '
while read -r op id; do
	case $op in
	+) live="$live$id " ;;
	-) live="${live%% "$id" *} ${live#* "$id" }" ;;
	esac
done
for id in $live; do
	kill -s KILL -- "-$id"
done
# A shell with job control has put its jobs into groups of their own; they are
# found by their session: pid (name) state parent group session.
for dir in /proc/[0-9]*; do
	read -r stat <"$dir/stat" || continue
	set -f
	set -- ${stat##*) }
	set +f
	case $live in
	*" $4 "*) kill -s KILL "${dir#/proc/}" ;;
	esac
done
