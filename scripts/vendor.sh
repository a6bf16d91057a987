#!/bin/sh
# Copies the browser's share of the npm packages to where the server finds it; run after `npm ci`.
set -eu
cd "$(dirname "$0")/.."

modules=node_modules/@xterm
scripts="xterm/lib/xterm.mjs addon-search/lib/addon-search.mjs addon-web-links/lib/addon-web-links.mjs"
mkdir -p public/vendor
for script in $scripts; do
    if [ ! -f "$modules/$script" ]; then
        echo "vendor.sh: $modules/$script is missing; run: npm ci" >&2
        exit 1
    fi
    # The last line names a source map that is not served.
    sed '/^\/\/# sourceMappingURL=/d' "$modules/$script" >"public/vendor/${script##*/}"
done
cp "$modules/xterm/css/xterm.css" public/vendor/
