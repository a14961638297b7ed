#!/bin/sh
# deliver.sh MAILDIR [SENDER]: keeps the message on standard input in a maildir, with SENDER behind a Return-Path before
# it. Written below tmp and moved when it is whole, so that a reader of new/ sees no half message.
set -eu
name=$(date +%s%N).$$
{ if [ $# -gt 1 ]; then printf 'Return-Path: <%s>\n' "$2"; fi; cat; } >"$1/tmp/$name"
mv "$1/tmp/$name" "$1/new/$name"
