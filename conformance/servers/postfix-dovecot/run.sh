# run.sh DOVECOT RUN TOKENPORT TREE: Dovecot's SASL, then Postfix, until TERM
bash "$1/run.sh" "$2/etc/dovecot.conf" "$1/tokens.py" "$3" &
dovecot=$!
LD_LIBRARY_PATH=$4/usr/lib/postfix "$4/usr/lib/postfix/sbin/master" -c "$2/etc" -d &
postfix=$!
trap 'kill -TERM $postfix $dovecot 2>/dev/null' TERM
wait $postfix
wait $postfix # the first wait ends with the signal
kill -TERM $dovecot 2>/dev/null
wait $dovecot
