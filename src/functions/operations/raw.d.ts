/** The text of a file of a package, as build.mjs puts it into the bundle. */
declare module '*?raw' {
  const text: string;
  export default text;
}
