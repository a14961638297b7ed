# run.sh TREE RUN PORT: Courier, as the first process of its process namespace: when this ends, so do all others
mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr || exit 1
mount --bind "$2/etc" /etc/courier
mount --bind "$2/var" /var/lib/courier
mount --bind "$2/run" /run/courier
cd /usr
makeuserdb
makealiases
set -a
(exec /usr/lib/courier/courier-authlib/authdaemond) &
(. /etc/courier/courierd; exec /usr/lib/courier/courier/courierd) &
. /etc/courier/esmtpd
options="-user=courier -group=courier -address=127.0.0.1 -maxprocs=100 -maxperc=100 -maxperip=100 -noidentlookup -nodnslookup"
/usr/sbin/couriertcpd $options "$3" /usr/sbin/courieresmtpd &
ESMTP_TLS=1 /usr/sbin/couriertcpd $options $(($3 + 1)) /usr/bin/couriertls -server -tcpd /usr/sbin/courieresmtpd &
trap 'exit 0' TERM
wait
