#!/usr/bin/env bash
# A real SLURM on this one machine, for tests: controller, optional accounting, virtual nodes.
#
#   cluster.sh can                 can it be had here? (status 0, or 1 and the reason on stderr)
#   cluster.sh up                  install what is missing, configure, start, wait until usable
#   cluster.sh down                stop what `up` started (by recorded pids), remove the directory
#   cluster.sh kill-node node2     SIGKILL a node's slurmd, step daemons and job processes
#   cluster.sh start-node node2    bring it back
#
# No systemd, no cgroups; listens on the loopback interface only; everything in one directory.
#
#   SLURM_TEST_DIR         that directory, short: sockets are in it   (required)
#   SLURM_TEST_NODES       virtual nodes                              (default 1)
#   SLURM_TEST_CPUS        cores that each node claims to have        (default 4)
#   SLURM_TEST_ACCOUNTING  1: slurmdbd and a private MariaDB          (default 1)
#   SLURM_TEST_MAX_ARRAY   MaxArraySize                               (default 1001)
#   SLURM_TEST_PORT        first of 20 + nodes TCP ports              (default 17810)
#
# Afterwards: export SLURM_CONF=$SLURM_TEST_DIR/slurm.conf
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

NODES=${SLURM_TEST_NODES:-1}
CPUS=${SLURM_TEST_CPUS:-4}
ACCOUNTING=${SLURM_TEST_ACCOUNTING:-1}
MAX_ARRAY=${SLURM_TEST_MAX_ARRAY:-1001}
PORT=${SLURM_TEST_PORT:-17810}
MEMORY_MB=16000
HOST=$(hostname -s)
PROGRAMS=(munge:munged slurmctld:slurmctld slurmd:slurmd slurm-client:sbatch slurmdbd:slurmdbd
          mariadb-server-core:mariadbd mariadb-client-core:my_print_defaults)

die() { echo "cluster.sh: $*" >&2; exit 1; }
trap 'echo "cluster.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR

missing() { # packages whose program is not there
  local pair
  for pair in "${PROGRAMS[@]}"; do
    command -v "${pair#*:}" >/dev/null || echo "${pair%%:*}"
  done
}

can() {
  [ "$(uname -s)" = Linux ] || die "SLURM's daemons need Linux"
  [ "$(id -u)" = 0 ] || die "needs root: slurmd starts jobs, and packages may have to be installed"
  [ -z "$(missing)" ] && return
  command -v apt-get >/dev/null || die "not installed, and no apt-get to do it: $(missing | xargs)"
  apt-cache show slurmctld >/dev/null 2>&1 || apt-get -qq update >/dev/null 2>&1 || true
  apt-cache show slurmctld >/dev/null 2>&1 || die "no package slurmctld to be had from apt"
}

install() {
  local need policy=/usr/sbin/policy-rc.d made=0 status=0
  mapfile -t need < <(missing)
  [ ${#need[@]} -gt 0 ] || return 0
  can
  # a package's script must not start a daemon of its own
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; made=1
  fi
  export DEBIAN_FRONTEND=noninteractive
  { apt-get -qq -o DPkg::Lock::Timeout=300 update &&
    apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install \
      --no-install-recommends "${need[@]}"; } >"$DIR/log/apt.log" 2>&1 || status=$?
  [ $made = 0 ] || rm -f $policy
  [ $status = 0 ] || { tail -5 "$DIR/log/apt.log" >&2; die "apt-get could not install ${need[*]}"; }
}

alive() { # alive PIDFILE NAME: is the recorded process still that daemon, and not a zombie?
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] || return 1
  [ "$(awk '/^Name:/{n=$2} /^State:/{s=$2} END{print (s=="Z"||s=="X") ? "" : n}' \
       "/proc/$pid/status" 2>/dev/null)" = "$2" ]
}

wait_for() { # wait_for SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >"$DIR/log/wait.log" 2>&1; do
    [ $SECONDS -lt $end ] || { tail -n 5 "$DIR"/log/*.log >&2; die "gave up waiting for $what"; }
    sleep 0.2
  done
}

# Daemons must not keep the caller's output open, nor inherit a job's environment.
launch() { env -i PATH="$PATH" HOME=/root SLURM_CONF="$SLURM_CONF" setsid "$@" \
             </dev/null >>"$DIR/log/start.log" 2>&1; }

configure() {
  local accounting ports range=node1
  ports=$((PORT + 11))
  [ "$NODES" = 1 ] || { range="node[1-$NODES]"; ports="[$((PORT + 11))-$((PORT + 10 + NODES))]"; }
  getent hosts "$HOST" >/dev/null || echo "127.0.0.1 $HOST" >>/etc/hosts
  [ -s "$DIR/munge/key" ] || (umask 077; head -c 1024 /dev/urandom >"$DIR/munge/key")
  if [ "$ACCOUNTING" = 1 ]; then
    accounting="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((PORT + 2))
AccountingStoragePass=$SOCKET
JobAcctGatherType=jobacct_gather/linux"
  else
    accounting="AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none"
  fi
  cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=$PORT
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# cred_expire (default 120 s) is how long a requeued batch job waits before it starts again
AuthInfo=socket=$SOCKET,cred_expire=5
CredType=cred/munge
StateSaveLocation=$DIR/state
SlurmctldPidFile=$DIR/run/slurmctld.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdPidFile=$DIR/run/slurmd.%n.pid
SlurmdLogFile=$DIR/log/slurmd.%n.log
SlurmdSpoolDir=$DIR/spool/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ReturnToService=2
SlurmdTimeout=15
# nodes may claim more cores than the machine has
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=5,sched_min_interval=100000
PriorityType=priority/basic
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
JobRequeue=1
MaxArraySize=$MAX_ARRAY
KillWait=10
MinJobAge=300
TCPTimeout=5
PropagateResourceLimitsExcept=ALL
$accounting
NodeName=$range NodeHostname=$HOST NodeAddr=127.0.0.1 Port=$ports CPUs=$CPUS RealMemory=$MEMORY_MB State=UNKNOWN
# jobs of "preempt" are requeued, after a warning, when a job of "urgent" needs their place
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=10 PriorityTier=10 PreemptMode=OFF
PartitionName=preempt Nodes=ALL MaxTime=INFINITE DefaultTime=10 PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=urgent Nodes=ALL MaxTime=INFINITE DefaultTime=10 PriorityTier=20 PreemptMode=OFF
CONF
  echo "CgroupAutomount=no" >"$DIR/cgroup.conf"
}

start_accounting() {
  if [ ! -e "$DIR/mariadb/.made" ]; then
    rm -rf "$DIR/mariadb"; mkdir "$DIR/mariadb"
    mariadb-install-db --no-defaults --user=root --datadir="$DIR/mariadb" --skip-test-db \
      --auth-root-authentication-method=normal >"$DIR/log/mariadb-install.log" 2>&1
    touch "$DIR/mariadb/.made"
  fi
  cat >"$DIR/init.sql" <<SQL
CREATE DATABASE IF NOT EXISTS slurm_acct_db;
CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';
SQL
  { alive "$DIR/run/mariadb.pid" mariadbd ||
    launch mariadbd --no-defaults --user=root --datadir="$DIR/mariadb" \
      --socket="$DIR/run/mariadb.sock" --bind-address=127.0.0.1 --port=$((PORT + 3)) \
      --skip-name-resolve --pid-file="$DIR/run/mariadb.pid" --log-error="$DIR/log/mariadb.log" \
      --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 \
      --init-file="$DIR/init.sql"; } </dev/null >/dev/null 2>&1 & # all of it: no part keeps our output
  wait_for 60 mariadbd bash -c "exec 3<>/dev/tcp/127.0.0.1/$((PORT + 3))"
  (umask 077; cat >"$DIR/slurmdbd.conf" <<CONF
DbdHost=$HOST
DbdAddr=127.0.0.1
DbdPort=$((PORT + 2))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$SOCKET
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((PORT + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
PidFile=$DIR/run/slurmdbd.pid
LogFile=$DIR/log/slurmdbd.log
CONF
  )
  alive "$DIR/run/slurmdbd.pid" slurmdbd || launch slurmdbd
  wait_for 60 slurmdbd sacctmgr -n show cluster
  [ -n "$(sacctmgr -nP show cluster test format=cluster)" ] ||
    sacctmgr -i -Q add cluster test >>"$DIR/log/start.log" 2>&1
}

start_node() {
  mkdir -p "$DIR/spool/$1"
  alive "$DIR/run/slurmd.$1.pid" slurmd && return
  rm -f "$DIR/run/slurmd.$1.pid"
  launch slurmd -N "$1"
}

usable() { # every node can take jobs, or has some
  local states
  states=$(sinfo -h -N -p main -o %T | sort -u)
  [ -n "$states" ] && ! grep -qvE '^(idle|mixed|allocated|completing)$' <<<"$states"
}

up() {
  mkdir -p "$DIR"/{run,log,state,spool,munge}
  chmod 755 "$DIR" "$DIR"/{run,log}; chmod 700 "$DIR"/{state,munge}
  install
  configure
  if ! alive "$DIR/run/munged.pid" munged; then
    launch munged --force --socket="$SOCKET" --key-file="$DIR/munge/key" \
      --pid-file="$DIR/run/munged.pid" --log-file="$DIR/log/munged.log" \
      --seed-file="$DIR/munge/seed" --num-threads=2
  fi
  wait_for 10 munged munge -n -S "$SOCKET"
  [ "$ACCOUNTING" != 1 ] || start_accounting
  alive "$DIR/run/slurmctld.pid" slurmctld || launch slurmctld
  wait_for 30 slurmctld scontrol ping
  local i
  for i in $(seq 1 "$NODES"); do start_node "node$i"; done
  wait_for 60 "idle nodes" usable
  [ "$ACCOUNTING" != 1 ] || wait_for 30 sacct sacct -n
  sinfo
}

job_processes() { # pids of this cluster's jobs on a node
  local environ
  for environ in /proc/[0-9]*/environ; do
    { tr '\0' '\n' <"$environ" | grep -qxF "SLURMD_NODENAME=$1"; } 2>/dev/null || continue
    { tr '\0' '\n' <"$environ" | grep -qxF "SLURM_CONF=$SLURM_CONF"; } 2>/dev/null || continue
    environ=${environ#/proc/}; echo "${environ%/environ}"
  done
}

kill_node() {
  local pid parent victims=()
  for pid in $(job_processes "$1"); do
    parent=$(awk '/^PPid:/{print $2}' "/proc/$pid/status" 2>/dev/null || true)
    [ "$(cat "/proc/$parent/comm" 2>/dev/null)" != slurmstepd ] || victims+=("$parent")
    victims+=("$pid")
  done
  kill -KILL "$(cat "$DIR/run/slurmd.$1.pid")" "${victims[@]}" 2>/dev/null || true
  echo "killed $1 with ${#victims[@]} processes"
}

stop() { # stop NAME PIDFILE SECONDS
  local file=$2 n=$(($3 * 10)) pid
  alive "$file" "$1" || return 0
  pid=$(cat "$file"); cp "$file" "$file.stopping"; file=$file.stopping
  kill -TERM "$pid" 2>/dev/null || true
  while [ $n -gt 0 ] && alive "$file" "$1"; do sleep 0.1; n=$((n - 1)); done
  ! alive "$file" "$1" || kill -KILL "$pid" 2>/dev/null || true
}

down() {
  [ -d "$DIR" ] || return 0
  local file
  if alive "$DIR/run/slurmctld.pid" slurmctld; then # no step daemon may be left behind
    scancel --full --user="$(id -un)" 2>/dev/null || true
    wait_for 30 "the last job" bash -c '[ -z "$(squeue -h)" ]' || true
  fi
  for file in "$DIR"/run/slurmd.*.pid; do [ ! -e "$file" ] || stop slurmd "$file" 10; done
  stop slurmctld "$DIR/run/slurmctld.pid" 20
  stop slurmdbd "$DIR/run/slurmdbd.pid" 20
  stop mariadbd "$DIR/run/mariadb.pid" 30
  stop munged "$DIR/run/munged.pid" 10
  rm -rf "$DIR"
}

case ${1:-} in
  can) can; exit ;;
  up | down | kill-node | start-node) ;;
  *) sed -n '2,20p' "$0" >&2; exit 2 ;;
esac
DIR=${SLURM_TEST_DIR:?a directory for the cluster}
SOCKET=$DIR/run/munge.socket
export SLURM_CONF=$DIR/slurm.conf
case $1 in
  up) up ;;
  down) down ;;
  kill-node) kill_node "$2" ;;
  start-node) start_node "$2" ;;
esac
