import type { Position } from "../../fleet/cloud-life";

/**
 * Where regions stand: the city that AWS names each one after, or the one nearest to the area that it names
 * (https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html). AWS tells no street.
 */
export const REGION_POSITIONS: Readonly<Record<string, Position>> = {
  "us-east-1": { latitude: 39, longitude: -77.5 },
  "us-east-2": { latitude: 40, longitude: -83 },
  "us-west-1": { latitude: 37.4, longitude: -121.9 },
  "us-west-2": { latitude: 45.8, longitude: -119.7 },
  "ca-central-1": { latitude: 45.5, longitude: -73.6 },
  "sa-east-1": { latitude: -23.6, longitude: -46.6 },
  "eu-central-1": { latitude: 50.1, longitude: 8.7 },
  "eu-west-1": { latitude: 53.3, longitude: -6.3 },
  "eu-west-2": { latitude: 51.5, longitude: -0.1 },
  "eu-west-3": { latitude: 48.9, longitude: 2.4 },
  "eu-north-1": { latitude: 59.3, longitude: 18.1 },
  "eu-south-1": { latitude: 45.5, longitude: 9.2 },
  "af-south-1": { latitude: -33.9, longitude: 18.4 },
  "me-south-1": { latitude: 26.2, longitude: 50.6 },
  "ap-south-1": { latitude: 19.1, longitude: 72.9 },
  "ap-east-1": { latitude: 22.3, longitude: 114.2 },
  "ap-northeast-1": { latitude: 35.7, longitude: 139.7 },
  "ap-northeast-2": { latitude: 37.6, longitude: 127 },
  "ap-northeast-3": { latitude: 34.7, longitude: 135.5 },
  "ap-southeast-1": { latitude: 1.4, longitude: 103.8 },
  "ap-southeast-2": { latitude: -33.9, longitude: 151.2 },
};
