# An agent gets what it needs with git, npm, pip, cargo and ssh, as set up by the cell alone: nothing here speaks of a proxy. One
# line a try in $OUT: "ok name", or "failed name: why".
try() {
    name=$1
    shift
    if said=$("$@" 2>&1); then
        echo "ok $name" >>"$OUT"
    else
        echo "failed $name: $(echo "$said" | tail -n 4 | tr '\n' ' ')" >>"$OUT"
    fi
}
# The authority of the test's https addresses; npm behind a proxy knows certificates of names only, and this address has none.
export GIT_SSL_CAINFO="$CA" PIP_CERT="$CA" CARGO_HTTP_CAINFO="$CA" npm_config_strict_ssl=false
for base in "$HTTP" "$HTTPS"; do
    scheme=${base%%:*}
    mkdir -p "$HOME/fetched/$scheme/app" "$HOME/fetched/$scheme/crate/src" && cd "$HOME/fetched/$scheme" || exit 1
    try "git-clone-$scheme" git clone -q "$base/repo.git" clone
    try "git-file-$scheme" grep -q hello clone/README
    export npm_config_registry="$base/npm/" npm_config_cache="$PWD/npm-cache" npm_config_update_notifier=false npm_config_fetch_retries=0
    try "npm-view-$scheme" npm view hello version
    try "npm-install-$scheme" npm install --prefix app --no-audit --no-fund hello
    try "npm-file-$scheme" test -f app/node_modules/hello/package.json
    try "pip-download-$scheme" "$PYTHON" -m pip --disable-pip-version-check download -q --no-cache-dir --no-deps --index-url "$base/simple" --dest . hello
    try "pip-file-$scheme" test -f hello-1.0.0-py3-none-any.whl
    printf '[package]\nname = "app"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nhello = { version = "1", registry = "test" }\n' >crate/Cargo.toml
    : >crate/src/lib.rs
    export CARGO_HOME="$PWD/cargo" CARGO_REGISTRIES_TEST_INDEX="sparse+$base/index/"
    try "cargo-fetch-$scheme" cargo fetch -q --manifest-path crate/Cargo.toml
    try "cargo-file-$scheme" sh -c 'ls cargo/registry/cache/*/hello-1.0.0.crate'
done
# Nobody signs in at the other end: that it is reached is enough.
ssh -o BatchMode=yes -p "${SSH##*:}" "git@${SSH%:*}" true
# Where nobody allowed it, the same way is closed.
try "forbidden" git ls-remote "$FORBIDDEN/repo.git"
echo done >>"$OUT"
# A coding CLI that ends would be started again.
sleep 300
