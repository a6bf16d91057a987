#!/bin/sh
# Copies the browser's share of the npm packages to where the server finds it; run after `npm ci`.
set -eu
cd "$(dirname "$0")/.."

modules=node_modules/@xterm
if [ ! -f "$modules/xterm/lib/xterm.mjs" ] || [ ! -f "$modules/addon-fit/lib/addon-fit.mjs" ]; then
    echo "vendor.sh: the npm packages are missing; run: npm ci" >&2
    exit 1
fi
mkdir -p public/vendor
cp "$modules/xterm/lib/xterm.mjs" "$modules/addon-fit/lib/addon-fit.mjs" "$modules/xterm/css/xterm.css" public/vendor/
# Their last lines name source maps that are not served.
sed -i '/^\/\/# sourceMappingURL=/d' public/vendor/xterm.mjs public/vendor/addon-fit.mjs
