#!/bin/sh
":" // "The command mobula, a shell script and a module at once. Bun and Deno run it as a module: they see the import alone."
":" // "A shell, as with npx, looks for one of the two and hands over."
":" //; file=$(readlink -f "$0")
":" //; if command -v bun >/dev/null; then exec bun "$file" "$@"; fi
":" //; if command -v deno >/dev/null; then exec deno run -A "$file" "$@"; fi
":" //; echo "mobula: neither bun nor deno is on the PATH. Install one of them, such as with: npm install -g bun" >&2
":" //; exit 127
import "./main.js";
