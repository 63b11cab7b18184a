"""Names, places, trades and sentences of the column benchmark: common ones, written down by hand.

They are not taken from the lists that detection uses, so that the score says something about names that it has not been given.
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))

GIVEN = _listed("""
    Agnieszka, Ahmed, Aiko, Alejandro, Amara, Andrew, Anika, Antoine, Aoife, Barbara, Bogdan, Camila, Chiara, Chinedu,
    Christine, Daniel, Deepak, Dimitris, Elena, Emeka, Emily, Erik, Esther, Fatima, Felix, Francesca, Gabriel, George, Giulia,
    Hannah, Hassan, Helen, Hiroshi, Ingrid, Isabel, Ivan, Jamal, James, Jennifer, Joanna, Johannes, Jorge, Julia, Kateryna,
    Kenji, Kofi, Lars, Laura, Leila, Linda, Lucas, Maria, Marek, Margaret, Matteo, Mei, Michael, Mohammed, Nadia, Nguyen,
    Nicole, Niamh, Olga, Oliver, Omar, Patricia, Paul, Pedro, Priya, Rachel, Rahul, Ricardo, Robert, Rosa, Ruth, Samuel,
    Sandra, Sara, Sergei, Siobhan, Sofia, Stefan, Sunita, Susan, Tariq, Thabo, Thomas, Ursula, Victoria, Wei, William, Yasmin,
    Yuki, Zofia, Zoe""")
FAMILY = _listed("""
    Abdullah, Adeyemi, Andersson, Bauer, Becker, Bianchi, Brown, Carter, Chen, Clarke, Conti, Costa, Davies, Diaz, Dlamini,
    Dubois, Evans, Fernandez, Ferrari, Fischer, Foster, Garcia, Gonzalez, Greene, Gupta, Hansen, Harris, Hernandez, Hoffmann,
    Horvath, Hughes, Ibrahim, Ivanov, Jackson, Janssen, Johnson, Jones, Kamau, Khan, Kim, Kowalski, Kumar, Larsen, Laurent,
    Lee, Lewis, Lindqvist, Lopez, Mancini, Martin, Martinez, Mazur, Mbeki, Meyer, Miller, Mitchell, Moore, Moreau, Murphy,
    Nakamura, Nguyen, Nielsen, Novak, Nowak, Okafor, Oliveira, Papadopoulos, Park, Patel, Peeters, Pereira, Petrov, Popescu,
    Ramirez, Richter, Roberts, Rossi, Russo, Sanchez, Santos, Sato, Schmidt, Schneider, Sharma, Silva, Singh, Smith, Sousa,
    Suzuki, Tanaka, Taylor, Thomas, Thompson, Torres, Walker, Wang, Weber, White, Williams, Wilson, Wojcik, Wright, Yamamoto,
    Yilmaz, Zhang""")
CITIES = _listed("""
    Springfield, Chicago, Houston, Phoenix, San Antonio, Dallas, Denver, Portland, Seattle, Boston, Nashville, Detroit,
    Memphis, Baltimore, Tucson, Fresno, Sacramento, Kansas City, Atlanta, Omaha, Miami, Oakland, Tulsa, Cleveland, Wichita,
    Tampa, Honolulu, Anchorage, Newark, Toledo""")
GERMAN_CITIES = _listed("""
    Berlin, Hamburg, München, Köln, Frankfurt, Stuttgart, Düsseldorf, Leipzig, Dortmund, Essen, Bremen, Dresden, Kassel, Mainz""")
SPANISH_CITIES = _listed("""
    Madrid, Barcelona, Valencia, Sevilla, Zaragoza, Málaga, Murcia, Bilbao, Alicante, Córdoba, Valladolid, Vigo, Gijón,
    Granada""")
FRENCH_CITIES = _listed("""
    Paris, Marseille, Lyon, Toulouse, Nice, Nantes, Strasbourg, Montpellier, Bordeaux, Lille, Rennes, Reims, Toulon, Grenoble""")
ITALIAN_CITIES = _listed("""
    Roma, Milano, Napoli, Torino, Palermo, Genova, Bologna, Firenze, Bari, Catania, Venezia, Verona, Messina, Padova""")
PORTUGUESE_CITIES = _listed("""
    São Paulo, Rio de Janeiro, Salvador, Fortaleza, Belo Horizonte, Manaus, Curitiba, Recife, Goiânia, Belém, Natal""")
COUNTRIES = _listed("""
    United States, Germany, France, Spain, Italy, Poland, India, Brazil, Mexico, Japan, Canada, Nigeria, Kenya, Sweden, Turkey""")
TRADES = _listed("""
    nurse, teacher, bus driver, software engineer, carpenter, sales assistant, accountant, chef, electrician, lawyer, cleaner,
    plumber, pharmacist, farm worker, receptionist, mechanic, journalist, police officer, hairdresser, architect, cashier,
    waiter, student, retired""")
STREETS = _listed("""
    Oak Street, Maple Avenue, Mill Road, Church Lane, Park Drive, Hill Court, Station Road, Lake Boulevard, Cedar Place, River
    Way""")

NOTES = (
    "Patient reports feeling better since the last visit.", "Seen together with {name} this morning.",
    "No fever overnight and appetite is returning slowly.", "Advised to rest and to drink plenty of water.",
    "Family member {name} was informed by telephone.", "Will repeat blood tests next week and review the dose.",
    "Wound is clean and dry without signs of infection.", "Mobilised with help of one person along the corridor.")
CALLS = (
    "Customer called about a late invoice and was calm.", "Spoke with {name} who will send the missing papers.",
    "Asked for a copy of the contract to be sent by post.", "Promised to call back before the end of the week.",
    "Complaint about waiting times was passed to the team.", "Renewal was discussed and the price was accepted.",
    "Left a message on the answering machine in the evening.", "Wants to change the delivery day of the next order.")
POSTS = (
    "Just back from a long walk along the river with the dogs!", "Can anybody recommend a good bakery in the old town?",
    "So proud of {name} for finishing the marathon today.", "New recipe tonight and the kitchen smells wonderful.",
    "Traffic was terrible again but the sunset made up for it.", "Happy birthday to my dear friend {name} and many more.",
    "Looking for somebody to share a ride on Friday morning.", "Our little garden finally has its first ripe tomatoes.")
SPANISH_NOTES = (
    "El alumno ha mejorado mucho en las últimas semanas.", "Se habló con la madre por teléfono sobre las faltas.",
    "Participa en clase y ayuda a sus compañeros siempre.", "Debe repasar las fracciones antes del próximo examen.",
    "Llegó tarde tres veces durante el mes de noviembre.", "La familia de {name} pidió una tutoría para el lunes.")
GERMAN_NOTES = (
    "Der Kunde bittet um Rückruf am späten Nachmittag.", "Unterlagen wurden mit der Post an {name} verschickt.",
    "Beratung zur Baufinanzierung ist für nächste Woche geplant.", "Die Karte wurde auf Wunsch gesperrt und neu bestellt.",
    "Es gab eine Rückfrage zur letzten Abrechnung des Kontos.", "Adresse wurde nach dem Umzug telefonisch geändert.")
FRENCH_NOTES = (
    "Le client demande un rendez-vous avec son conseiller.", "Le dossier de {name} est complet depuis la semaine dernière.",
    "Une expertise du véhicule est prévue pour lundi matin.", "Les pièces manquantes ont été envoyées par courrier.",
    "Le sinistre a été déclaré avec deux jours de retard.", "La franchise sera appliquée selon les conditions du contrat.")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", "okhttp/4.12.0")
