# Makes what git, npm, pip and cargo download, as static files below $WWW/$1 that are served at the address $2: a repository,
# and a package "hello" for each. Runs outside of cells.
set -eu
www=$WWW/$1 base=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$www/npm" "$www/files" "$www/simple/hello" "$www/index/he/ll"

git -c init.defaultBranch=main init -q "$work/repo"
echo hello >"$work/repo/README"
git -C "$work/repo" add README
git -C "$work/repo" -c user.name=tom -c user.email=tom@localhost commit -qm "Begin"
git clone -q --bare "$work/repo" "$www/repo.git"
git -C "$www/repo.git" update-server-info

mkdir "$work/package"
echo '{"name":"hello","version":"1.0.0"}' >"$work/package/package.json"
tar -C "$work" -czf "$www/files/hello-1.0.0.tgz" package
sum=$(sha1sum "$www/files/hello-1.0.0.tgz" | cut -d' ' -f1)
cat >"$www/npm/hello" <<END
{"name":"hello","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"hello","version":"1.0.0",
"dist":{"tarball":"$base/files/hello-1.0.0.tgz","shasum":"$sum"}}}}
END

python3 - "$www/files/hello-1.0.0-py3-none-any.whl" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("hello.py", "")
    about = "hello-1.0.0.dist-info/"
    wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0.0\n")
    wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(about + "RECORD", "hello.py,,\n")
END
echo '<a href="../../files/hello-1.0.0-py3-none-any.whl">hello-1.0.0-py3-none-any.whl</a>' >"$www/simple/hello/index.html"

mkdir -p "$work/hello-1.0.0/src"
printf '[package]\nname = "hello"\nversion = "1.0.0"\nedition = "2021"\n' >"$work/hello-1.0.0/Cargo.toml"
: >"$work/hello-1.0.0/src/lib.rs"
tar -C "$work" -czf "$www/files/hello-1.0.0.crate" hello-1.0.0
sum=$(sha256sum "$www/files/hello-1.0.0.crate" | cut -d' ' -f1)
echo "{\"dl\":\"$base/files/{crate}-{version}.crate\"}" >"$www/index/config.json"
echo "{\"name\":\"hello\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"$sum\",\"features\":{},\"yanked\":false}" >"$www/index/he/ll/hello"
