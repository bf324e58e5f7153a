import type { InspectionDocument } from "../inspect-command.js";

export function inspectionPage(document: InspectionDocument): string {
  return JSON.stringify(document);
}
