/** Version of the HTTP interface: the second number rises with what is added. Nothing is taken away within `/api`. */
export const apiVersion = '1.1.0';
