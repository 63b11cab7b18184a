"""Sentences that the demo lake's clinical notes are made of. Every person, place and number comes from a slot.

A slot that ends in nothing private (``drug``, ``bp``, ``ward`` …) is filled in by chance; all others plant a value.
Eponyms and words that are names elsewhere (Foley, Parkinson, May, Will) stand in the text on purpose: a good
redaction leaves them.
"""

OPENINGS = {
    "admission": (
        "{full}, {age_year} {occupation}, was admitted to {ward} on {visit} with {complaint}.",
        "ADMISSION NOTE\nPatient: {full_upper}   MRN: {mrn}   DOB: {dob}\nAdmitted {visit} under {doctor} with {complaint}.",
        "{title_last} ({initials}), {age_year}, presented on {visit} with {complaint}. Identified by wristband, MRN {mrn}.",
        "Pt name: {last_first}. Medical record number {mrn}. Seen by {doctor} on {visit} for {complaint}.",
        "Thank you for seeing {full} (DOB {dob}), who has been suffering from {complaint} for {weeks} weeks.",
        "{first} {last} is a pleasant {age_year} known to our {ward} clinic. Main problem today: {complaint}.",
        "Transferred from the emergency room on {visit}: {full}, aged {age}, {complaint}.",
    ),
    "discharge": (
        "DISCHARGE SUMMARY for {full}, MRN {mrn}, date of birth {dob}. Discharged on {visit} in stable condition.",
        "{title_last} was discharged home on {visit}. {last_possessive} course on {ward} was uneventful.",
        "We report on your patient {last_first}, born {dob}, who was an inpatient on {ward} until {visit}.",
        "Dear {doctor}, your patient {full} left our ward on {visit} after treatment for {complaint}.",
        "{full_upper} / {mrn} / discharged {visit}. Diagnosis: {diagnosis}.",
        "Summary of stay. {first_possessive} symptoms ({complaint}) had resolved by {visit}; {doctor} signed the discharge.",
    ),
    "telephone": (
        "Telephone call {visit}: {full} called from {phone} about {complaint}.",
        "{relation_cap} {relative} called on behalf of {title_last} on {visit}. Call back number {relative_phone}.",
        "Called {full} at {phone} on {visit}, no answer; left a message and wrote to {email}.",
        "Phone consult with {first} {last} ({dob}). Reports {complaint} since the weekend.",
        "Voicemail from {initials_last}, {phone}, asking {doctor} for a repeat of {drug}.",
    ),
    "nursing": (
        "Night shift, {ward}. {title_last} slept poorly and complained of {complaint}.",
        "Nursing entry {visit}. {first} was mobilized with one assistant; {last_possessive} dressing changed.",
        "Handover: bed {bed}, {last_first}, MRN {mrn}, {age_year}. Observe for {complaint}.",
        "{full} refused breakfast on {visit}. {relation_cap} {relative_first} present at the bedside.",
        "Wristband checked against chart ({full_upper}, {dob}). {complaint_cap} noted at 04:00.",
    ),
    "social": (
        "Social work: {full} lives alone at {street} in {city} and works as {occupation}.",
        "Insurance query for {full}: member number {insurance}, SSN {ssn}. Cleared by the office on {visit}.",
        "Home visit planned at {street}. Contact is the {relation}, {relative}, {relative_phone}.",
        "Family meeting on {visit} with {title_last}, {relation} {relative} and {doctor}.",
        "Benefits application for {last_first} (social security number {ssn}) was sent on {visit}.",
    ),
}

MIDDLES = (
    "Blood pressure {bp}, pulse {pulse}, temperature {temp} C, saturation {sat}% on room air.",
    "Past history includes {diagnosis} and an appendectomy in childhood.",
    "{title_last} takes {drug} {dose} mg once daily and denies any allergies.",
    "{first} has smoked for {weeks} years and agrees to a cessation program.",
    "On examination {last} was alert, oriented and in no acute distress.",
    "No focal deficit; Babinski negative, Romberg steady, reflexes brisk on both sides.",
    "A Foley catheter was placed without difficulty; urine clear.",
    "Wells score 1, Glasgow Coma Scale 15. Murphy sign negative.",
    "Started on {drug} {dose} mg by {doctor}; will review in {weeks} days.",
    "Laboratory: hemoglobin {lab} g/dL, creatinine {creatinine} mg/dL, CRP {crp} mg/L.",
    "{relation_cap} {relative} reports that {first} has been forgetful lately, but Alzheimer disease was not confirmed.",
    "The {relation}, {relative_first}, may be reached at {relative_phone} at any hour.",
    "Results were sent to {email}; portal login from {ip} confirmed receipt.",
    "Imaging of {visit} is available at {url} for the referring practice.",
    "{doctor} discussed the options with {title_last}, who prefers conservative treatment.",
    "Crohn disease and Parkinson disease were considered and found unlikely.",
    "Chest film: no infiltrate. ECG: sinus rhythm, rate {pulse}, no ST changes.",
    "Consent was signed by {full} and witnessed by {doctor_initial}.",
    "{last_possessive} wound is healing by secondary intention; Penrose drain removed.",
    "At the age of {age} the risk of falls is raised; Tinetti score recorded.",
    "Physical therapy saw {title_last} on {visit}: walks 50 meters with a frame.",
    "Diet as tolerated. Ringer lactate stopped. Pain {pain} of 10 after {drug}.",
    "{first} asked that the {relation} {relative} not be told about the diagnosis of {diagnosis}.",
    "Old notes list the patient as {full_upper}, born {dob}; identity confirmed by photo.",
    "Last seen here on {visit} for {complaint}; no change since then.",
    "Will is strong, mood is good, and in May the patient hopes to travel again.",
    "Per {doctor_initial}, hold {drug} on the morning of the procedure.",
    "Pharmacy in {city} was informed; prescription under record {mrn}.",
    "A Doppler study of both legs was normal. Doctor on call was informed at 22:15.",
    "Bell palsy on the left resolved; eye care was taught once more.",
)

CLOSINGS = (
    "Follow-up with {doctor} on {visit}.",
    "Please call {phone} if anything changes. Signed, {doctor}.",
    "Appointment letter to be mailed to {street}.",
    "Copy of this note to {email}.",
    "Return to clinic in {weeks} weeks. {doctor_initial}",
    "Next of kin: {relative} ({relation}), {relative_phone}.",
    "To be reviewed on {visit}; images under {url}.",
    "Plan agreed with {first} and {relative_first}. Dictated by {doctor}.",
    "Bill to member number {insurance}.",
    "{initials} to return {visit} or earlier if {complaint} recurs.",
)

EPONYMS = ("Foley catheter", "Babinski negative", "Romberg steady", "Wells score", "Glasgow Coma Scale", "Murphy sign",
           "Alzheimer disease", "Crohn disease", "Parkinson disease", "Penrose drain", "Tinetti score", "Ringer lactate",
           "Doppler study", "Bell palsy", "Will is strong", "in May the patient")
"""Words that are names elsewhere and are none here: nothing in them is private."""

COMPLAINTS = ("chest pain", "shortness of breath", "pain in the right upper abdomen", "a productive cough",
              "swelling of both legs", "dizziness on standing", "low mood and poor sleep", "a fall at home", "blurred vision",
              "recurrent headaches", "numbness of the left hand", "unexplained weight loss", "palpitations",
              "fever and chills", "severe back pain")
WARDS = ("Cardiology", "Surgery", "Internal Medicine", "Neurology", "Orthopedics", "Oncology")
DRUGS = ("metoprolol", "lisinopril", "metformin", "atorvastatin", "sertraline", "amlodipine", "prednisolone", "apixaban",
         "levetiracetam", "salbutamol", "pantoprazole", "tamoxifen")
