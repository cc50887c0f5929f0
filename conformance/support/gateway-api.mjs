/** The requests of a backend to a gateway. */
export class GatewayApi {
  #base;

  constructor(port) {
    this.#base = `http://127.0.0.1:${port}`;
  }

  /** The ids of the open connections. */
  async connections() {
    const text = await this.#get('/status');
    return [...text.matchAll(/^id=(\S+)/gm)].map(([, id]) => id);
  }

  /** The value of a metric without labels. */
  async metric(name) {
    const text = await this.#get('/metrics');
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** Posts and resolves to the number of connections that the gateway answers. */
  async post(path, body) {
    const response = await fetch(this.#base + path, { method: 'POST', body });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
    return Number(text);
  }

  async #get(path) {
    const response = await fetch(this.#base + path);
    if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}`);
    return response.text();
  }
}
