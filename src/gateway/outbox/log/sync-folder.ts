import { ReservedFile } from '../../../core/file-reserve.js';

/** Forces the names in a folder to the device: a new file outlives a power cut only after that. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await ReservedFile.open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
