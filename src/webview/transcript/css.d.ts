/** Style sheets are bundled by esbuild into `transcript.css`. */
declare module "*.css";
