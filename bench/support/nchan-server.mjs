import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startDaemon } from './daemon.mjs';

const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

const config = (port, folder, tls) => `
load_module ${MODULE};
daemon off;
worker_processes 1;
${process.getuid() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 30000; }
worker_rlimit_nofile 40000;
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 32m;
  client_body_buffer_size 2m;
  keepalive_requests 100000000;
  nchan_shared_memory_size 1g;
  server {
    listen 127.0.0.1:${port} backlog=4096${tls === undefined ? '' : ' ssl'};
    ${tls === undefined ? '' : `ssl_certificate ${tls.certFile}; ssl_certificate_key ${tls.keyFile}; ssl_protocols TLSv1.3;`}
    location = /connect { nchan_subscriber websocket; nchan_channel_id all; nchan_subscriber_first_message newest; }
    location = /send { nchan_publisher http; nchan_channel_id all; nchan_message_buffer_length 100; nchan_message_timeout 10s; }
    location = /connect-one { nchan_subscriber websocket; nchan_channel_id $arg_client; nchan_subscriber_first_message newest; }
    location = /send-one { nchan_publisher http; nchan_channel_id $arg_client; nchan_message_buffer_length 100; nchan_message_timeout 10s; }
  }
}
`;

/** Why there is no nchan on this machine; undefined when there is. */
export function nchanMissing() {
  return existsSync('/usr/sbin/nginx') && existsSync(MODULE)
    ? undefined
    : 'nchan is left out: the packages nginx and libnginx-mod-nchan are not installed.';
}

/** nginx with nchan, one worker, everything of its own in a temporary folder. */
export async function startNchan(core, tls) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-nchan-'));
  const [port] = await freePorts(1);
  writeFileSync(join(folder, 'nginx.conf'), config(port, folder, tls));
  const command = ['/usr/sbin/nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  const daemon = await startDaemon(command, { core, port });
  return {
    port,
    sendPort: port,
    pids: daemon.pids,
    request: (body) => ({ path: '/send', type: 'text/plain', body }),
    /** To the client that connected to `/connect-one?client=` of this number. */
    requestToOne: (body, client) => ({ path: `/send-one?client=${client}`, type: 'text/plain', body }),
    async stop() {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
