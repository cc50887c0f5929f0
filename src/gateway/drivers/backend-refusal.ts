/** A backend answered and said no: credentials, rights, something of another type. Trying again changes nothing until somebody mends it. */
export class BackendRefusal extends Error {
  override readonly name = 'BackendRefusal';
}
