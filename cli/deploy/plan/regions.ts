/** A region with its place on Earth, as `az account list-locations` tells it. */
export interface Place {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** `West Europe`, `westeurope` and `WestEurope` are one region; `(stage)` is none that a customer can use. */
export const regionName = (text: string): string => text.toLowerCase().replaceAll(' ', '');

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The haversine of the angle between two places: it grows with the distance, and that is all that is needed. */
function distance(one: Place, other: Place): number {
  const [north, east] = [radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)];
  return (
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * Math.sin(east / 2) ** 2
  );
}

/** The `count` regions among `offered` that are nearest to `wanted`; in the order of `offered` where no place is known. */
export function nearest(wanted: string, offered: readonly string[], places: readonly Place[], count = 3): string[] {
  const placeOf = (name: string) => places.find((place) => regionName(place.name) === regionName(name));
  const here = placeOf(wanted);
  if (here === undefined) return offered.slice(0, count);
  const far = (name: string): number => {
    const place = placeOf(name);
    return place === undefined ? Number.POSITIVE_INFINITY : distance(here, place);
  };
  return offered.toSorted((one, other) => far(one) - far(other)).slice(0, count);
}
