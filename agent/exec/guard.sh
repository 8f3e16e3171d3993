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
# A shell with job control puts its jobs into groups of their own. They are
# found by their session, and looked for again as long as there were any, since
# one may have forked another between the look and the kill.
found=' '
for try in 1 2 3 4 5 6 7 8 9; do
	[ -n "$found" ] || break
	found=
	for dir in /proc/[0-9]*; do
		read -r stat <"$dir/stat" || continue
		set -f
		set -- ${stat##*) } # what follows the name: state parent group session
		set +f
		case "$1:$live" in
		[ZX]:*) ;; # dead, and only not reaped yet
		*" $4 "*)
			kill -s KILL "${dir#/proc/}"
			found=yes
			;;
		esac
	done
done
