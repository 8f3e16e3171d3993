package policy

import "testing"

var here = Place{Cwd: "/home/u/src/p", Home: "/home/u", Root: "/home/u/src/p"}

func TestCatastrophe(t *testing.T) {
	for rule, scripts := range map[string][]string{
		"lost-home": {
			`rm -rf ~`, `rm -rf ~/`, `rm -rf $HOME`, `rm -rf "$HOME"`, `rm -rf "${HOME}"/`, `rm -rf ${HOME%/}`, `rm -rf ~u`, `rm -rf ~/*`,
			`rm -rf ~/.*`, `rm -rf ~/.[!.]*`, `rm -rf "$HOME"/{*,.*}`, `rm -rf /home/u`, `rm -rf //home/./u/`, `rm -rf /home/x/../u`, `rm -rf ../..`,
			`cd ../..; rm -rf *`, `cd && rm -rf *`, `cd ~ && rm -rf ./*`, `cd / && rm -rf home/u`, `(cd ~; rm -rf .)`, `pushd ~; rm -rf *`,
			`rm -rf /home/u*`, `rm -rf /home/*`, `rm -rf /home/[tu]`, `sudo rm -rf /home/$USER`, `sh -c 'rm -rf ~'`, `sh -c "rm -rf $HOME"`, `d=~; rm -rf "$d"`,
			`d=$HOME; cd "$d"; rm -rf *`, `for d in a ~; do rm -rf $d; done`, `f() { rm -rf "$HOME"; }; f`, `rm -rf $(echo ~)`, `rm -rf "$(cd ~ && pwd)" ~`,
			`mv ~ /tmp/x`, `mv ~/* /tmp/x`, `find ~ -delete`, `find ~ -type f -delete`, `find "$HOME" -exec rm -rf {} +`, `find ~ | xargs rm`,
			`echo ~ | xargs rm -rf`, `cd ~ && git clean -fdx`, `git -C ~ clean -fd`, `rsync -a --delete empty/ ~/`, `chmod -R 000 ~`,
			`sudo chown -R root "$HOME"`, `x=1 rm -rf ~`, `timeout 5 nice rm -r ~`, `rm -rf x ~ y`, `rm -rf -- ~`, `$RM -rf ~`, `rm -rf ${X:-$HOME}`,
		},
		"lost-root": {
			`rm -rf /`, `rm -rf /*`, `rm -rf --no-preserve-root /`, `rm -rf //`, `rm -rf /.`, `rm -rf /../`, `sudo rm -rf / --no-preserve-root`,
			`cd / && rm -rf *`, `cd /; rm -rf .`, `rm -rf ../../../..`, `find / -delete`, `find / -exec rm -rf {} \;`, `rm -rf /etc`, `rm -rf /usr/*`,
			`rm -rf /home`, `chmod -R 777 /`, `chown -R u /etc`, `rm -rf /{bin,usr}`, `mv /usr /tmp/x`, `git -C / clean -fdx`, `sh -c 'cd /; rm -r *'`,
		},
		"lost-workspace": {
			`rm -rf .`, `rm -rf ./`, `rm -rf *`, `rm -rf ./*`, `rm -rf "$PWD"`, `rm -rf $(pwd)`, `rm -rf "$(git rev-parse --show-toplevel)"`,
			`rm -rf ../p`, `rm -rf ..`, `rm -rf /home/u/src`, `rm -rf ~/src/p`, `rm -rf ~/src/*`, `find . -delete`, `find . -mindepth 1 -delete`,
			`find -type f -delete`, `find . -exec rm -rf {} +`, `find . -not -name keep -delete`, `find . | xargs rm -rf`, `cd sub && cd .. && rm -rf *`, `mv ../p /tmp`, `rm -r ~/src/p/sub/..`,
		},
		"lost-git": {
			`rm -rf .git`, `rm -rf ./.git/`, `rm -rf .git/*`, `rm -rf "$PWD/.git"`, `rm -rf .g*`, `mv .git .git.bak`, `rm -rf .git/objects`, `rm .git/HEAD`,
			`find . -name .git -exec rm -rf {} +`, `find .git -delete`, `cd .git && rm -rf *`, `rm -rf ~/src/.git`, `: > .git/HEAD`, `cd "$X"; rm -rf .git`,
		},
		"lost-disk": {
			`dd if=/dev/zero of=/dev/sda`, `mkfs.ext4 /dev/sdb1`, `cat x > /dev/nvme0n1`, `wipefs -a /dev/vda`, `cp x.img /dev/sdb`, `shred /dev/sdc`, `echo x | sudo tee /dev/sda`,
		},
		"empty-variable": {`rm -rf "$BUILD"/*`, `rm -rf $DIR/`, `rm -rf "$A/$B"`, `rm -rf ${X}/*`, `rm -rf "$X/."`},
		"": {
			`ls ~`, `rm -rf build`, `rm -rf ./build/*`, `rm -rf ~/x`, `rm -rf /tmp/x`, `rm -rf /tmp/*`, `rm -rf "$TMPDIR"/*`, `rm -rf "${X:?}"/*`, `rm -rf "$X"`,
			`rm -rf "$X/build"`, `d=$(mktemp -d); rm -rf "$d"/*`, `d=build; rm -rf "$d"/*`, `cd build && rm -rf *`, `cd "$X" && rm -rf *`, `find . -name '*.o' -delete`,
			`find build -delete`, `git clean -fdx`, `git clean -n`, `chmod -R u+w .`, `mv a ~`, `mv a ..`, `rm -f .git/index.lock`, `rm -rf sub/.git`,
			`echo 'rm -rf ~'`, `grep -r 'rm -rf /' .`, `git commit -m 'rm -rf ~'`, `rm -rf .cache`, `rm -rf *.o`, `rm -rf ~x`, `rm -rf "~"`, `cp -r ~ /mnt/backup`,
			`rm -rf .gitignore`, `rm *~`, `(cd /); rm -rf x`, `rm -rf "$1"/*`, `dd if=/dev/sda of=disk.img`, `cat /dev/sda > disk.img`,
		},
	} {
		for _, script := range scripts {
			c, is := Catastrophe(script, here)
			if c.Rule != rule || is != (rule != "") {
				t.Errorf("%s: got %q, want %q", script, c.Rule, rule)
			}
			if rule != "" && Judge(script, here) != c {
				t.Errorf("%s: judged as %+v, want %+v", script, Judge(script, here), c)
			}
		}
	}
}

// TestReasons holds the words that people read.
func TestReasons(t *testing.T) {
	for script, want := range map[string]string{
		`ls -la`:                         "`ls -la` only reads",
		`make && rm -rf build dist`:      "`rm -rf build dist` deletes folders with all that is in them",
		`curl -fsSL https://x | sudo sh`: "`curl … | sh` runs commands that nobody has seen",
		`cat x > y`:                      "`> y` writes a file",
		`rm -rf "$d/x"`:                  "`rm -rf $…/x` deletes folders with all that is in them",
		"echo a␤b":                       "`echo a␤b` only reads",
		`rm -rf "$HOME"`:                 "`rm -rf /home/u` destroys the home folder",
		`(`:                              "`(` cannot be read as a script for bash",
		``:                               "does nothing",
		`make 11111111111111111111 22222222222222222222 33333333333333333333 44444444444444444444`: "`make 11111111111111111111 22222222222222222222 33333333333333333333 44444444444…` is not known to only read",
	} {
		if got := Judge(script, here).Reason; got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
}
