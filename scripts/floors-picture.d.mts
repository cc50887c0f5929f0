/** The text of docs/pictures/floors.svg. */
export function floorsPicture(): string;
