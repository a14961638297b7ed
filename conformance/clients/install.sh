#!/bin/bash
# The clients of other makers that the suite is run against: fetched or built below $TABELLARIUS_CLIENTS (default
# /tmp/tabellarius-clients), the programs of Debian installed. Needs root and Debian 12.
set -eu
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# lib.sh has die, refresh and packages
. "$here/../servers/lib.sh"
base=${TABELLARIUS_CLIENTS:-/tmp/tabellarius-clients}
nodemailer=10.6.1

[ "$(id -u)" = 0 ] || die "packages of Debian are installed by root"
mkdir -p "$base"
exec 9>"$base/lock"; flock 9 # two runs on one machine do not write over each other
wanted=(python3 python3-aiosmtplib msmtp swaks libnet-ssleay-perl curl)
if ! dpkg-query -W -f '${Status}\n' "${wanted[@]}" 2>/dev/null | awk '/install ok installed/ { n++ } END { exit n != '${#wanted[@]}' }'; then
  refresh
  packages "${wanted[@]}"
fi
(cd "$here/go" && go build -o "$base/go-clients" .)
if [ ! -s "$base/node_modules/nodemailer/package.json" ] || ! grep -q "\"version\": \"$nodemailer\"" "$base/node_modules/nodemailer/package.json"; then
  command -v npm >/dev/null || { refresh; packages nodejs npm; }
  npm install --prefix "$base" --no-audit --no-fund --silent "nodemailer@$nodemailer" >&2
fi
