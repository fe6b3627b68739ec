// The browser reads the file's address after the click returned.
const KEEP_MS = 10_000;

/** Hands a file to the reader, as a click on a download link does. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, KEEP_MS);
}
