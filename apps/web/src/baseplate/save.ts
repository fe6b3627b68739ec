/** Hands a file to the reader, as a click on a download link does. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the address after the click returned.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}
