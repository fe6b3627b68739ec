import type { Parcel } from "../api/schema";
import { Badge } from "../layout/Badge";
import { carrierName, parcelStatus, parcelTone } from "./words";

export function ParcelLine({ parcel }: { parcel: Parcel }) {
  return (
    <div className="parcel">
      <svg className="parcel-icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M8 1.5 14 4.5v7L8 14.5 2 11.5v-7z M2 4.5 8 7.5 14 4.5 M8 7.5v7" />
      </svg>
      <span className="parcel-carrier">{carrierName(parcel.carrier)}</span>
      <Badge tone={parcelTone(parcel)}>{parcelStatus(parcel)}</Badge>
      <Tracking parcel={parcel} />
    </div>
  );
}

function Tracking({ parcel }: { parcel: Parcel }) {
  if (!/^https?:\/\//.test(parcel.tracking_url)) {
    return <span className="parcel-number">{parcel.tracking_number}</span>;
  }
  return (
    <a className="parcel-number" href={parcel.tracking_url} target="_blank" rel="noreferrer" title={`Track ${parcel.tracking_number}`}>
      {parcel.tracking_number || "Track"}
    </a>
  );
}
