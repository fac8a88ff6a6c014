# Writes the panels that `quality forecast` reads, and panels.csv, the list of them with horizons and periods.
#
#     Rscript export.R FOLDER_OF_CSV_FILES OUTPUT
#
# The first folder holds the public sets that the other quality tables read. The rest are of the packages nlme, plm, carData, robustbase and datasets, and
# simulated ones. A missing value is an empty cell. Amounts, prices and counts that span decades are logarithms.
suppressMessages(library(nlme))
arguments <- commandArgs(TRUE)
source_folder <- arguments[1]
output <- arguments[2]
dir.create(output, showWarnings = FALSE, recursive = TRUE)
panels <- data.frame()

panel <- function(name, series, time, values, horizon, periods = c(), known = NULL) {
  rows <- data.frame(series = as.character(series), time = as.numeric(time), values)
  if (!is.null(known)) rows <- cbind(rows, setNames(known, paste0("known.", names(known))))
  observed <- rowSums(!is.na(as.data.frame(values))) > 0
  if (is.null(known)) rows <- rows[observed, ]
  write.csv(rows, file.path(output, paste0(name, ".csv")), row.names = FALSE, quote = FALSE, na = "")
  panels <<- rbind(panels, data.frame(panel = name, horizon = horizon, periods = paste(periods, collapse = " ")))
}

own <- function(name) read.csv(file.path(source_folder, paste0(name, ".csv")), stringsAsFactors = FALSE)
days <- function(text) as.numeric(as.Date(text))
zero <- function(amounts) ifelse(is.na(amounts), 0, amounts)

d <- own("pbcseq"); panel("pbcseq", d$id, d$day, d[c("bili", "albumin", "chol", "platelet", "protime")], 1500)
d <- own("storms"); panel("storms", d$storm_id, as.numeric(as.POSIXct(d$time_utc, "UTC", "%Y-%m-%dT%H:%M:%SZ")) / 3600, d[c("lat", "long", "wind_kn", "pressure_mb")], 48)
d <- own("remifentanil"); panel("remifentanil", d$id, d$time, d["conc"], 30, known = d[c("rate", "amt")])
d <- own("co2_weekly"); panel("co2_weekly", 1, days(d$date), d["co2_ppm"], 365, 365.25)
d <- own("elnino_sst"); panel("elnino_sst", 1, days(d$date), d["sst_c"], 366, 365.25)
d <- own("electricity_halfhourly"); panel("electricity_halfhourly", 1, d$t_halfhour, d["demand_mw"], 48, c(336, 48))
d <- own("sunspots_yearly"); panel("sunspots_yearly", 1, d$year, d["sunspots"], 11, 11)
d <- own("eu_stock_markets"); panel("eu_stock_markets", 1, d$t, log(d[c("dax", "smi", "cac", "ftse")]), 20)
d <- own("dow_jones30"); names <- setdiff(names(d), "date"); panel("dow_jones30", rep(names, each = nrow(d)), rep(seq_len(nrow(d)), length(names)), data.frame(price = log(unlist(d[names]))), 20)
d <- own("chickweight"); panel("chickweight", d$chick, d$time, d["weight"], 8)
d <- own("milk"); panel("milk", d$cow, d$time, d["protein"], 5)
d <- own("sleepstudy"); panel("sleepstudy", d$subject, d$days, d["reaction"], 5)
d <- own("theoph"); panel("theoph", d$subject, d$time, d["conc"], 12, known = d[c("dose", "wt")])
d <- own("phenobarb"); panel("phenobarb", d$subject, d$time, d["conc"], 100, known = data.frame(dose = zero(d$dose), wt = d$wt))
d <- own("quinidine"); panel("quinidine", d$subject, d$time, d["conc"], 48, known = data.frame(dose = zero(d$dose), weight = d$weight))

grouped <- function(name, series, time, values, horizon) { d <- as.data.frame(get(name)); panel(tolower(name), d[[series]], d[[time]], d[values], horizon) }
grouped("Oxboys", "Subject", "age", "height", 1)
grouped("BodyWeight", "Rat", "Time", "weight", 21)
grouped("Soybean", "Plot", "Time", "weight", 28)
grouped("Ovary", "Mare", "Time", "follicles", 0.3)
grouped("Spruce", "Tree", "days", "logSize", 150)
grouped("Fatigue", "Path", "cycles", "relLength", 0.04)

from <- function(name, package) { place <- new.env(); data(list = name, package = package, envir = place); place[[name]] }
d <- from("Cigar", "plm"); panel("cigar", d$state, d$year, data.frame(sales = d$sales, price = log(d$price)), 5)
d <- from("EmplUK", "plm"); panel("empluk", d$firm, d$year, log(d[c("emp", "wage", "capital", "output")]), 3)
d <- from("Produc", "plm"); panel("produc", d$state, d$year, data.frame(gsp = log(d$gsp), emp = log(d$emp), unemp = d$unemp), 5)
d <- from("Grunfeld", "plm"); panel("grunfeld", d$firm, d$year, log(d[c("inv", "value", "capital")]), 5)
d <- from("Blackmore", "carData"); panel("blackmore", d$subject, d$age, d["exercise"], 4)
d <- from("ambientNOxCH", "robustbase"); panel("ambient_nox", 1, days(d$date), log(d[c("ad", "ba", "ef", "la", "lu")]), 7, 7)
panel("airquality", 1, seq_len(nrow(airquality)), airquality[c("Ozone", "Solar.R", "Wind", "Temp")], 7)
panel("nottem", 1, seq_along(nottem), data.frame(temperature = as.numeric(nottem)), 12, 12)
panel("airpassengers", 1, seq_along(AirPassengers), data.frame(passengers = log(as.numeric(AirPassengers))), 12, 12)
panel("uk_driver_deaths", 1, seq_along(UKDriverDeaths), data.frame(deaths = as.numeric(UKDriverDeaths)), 12, 12)
panel("lynx", 1, seq_along(lynx), data.frame(trapped = log(as.numeric(lynx))), 5, 9.6)

# Two hundred series of forty observations at random times.
simulated <- function(name, horizon, observe) {
  set.seed(1)
  rows <- do.call(rbind, lapply(1:200, function(series) { time <- sort(runif(40, 0, 10)); data.frame(series, time, observe(time)) }))
  panel(name, rows$series, round(rows$time, 6), signif(rows[-(1:2)], 7), horizon)
}
# Mean-reverting noise with unit variance.
simulated("ornstein_uhlenbeck", 3, function(time) {
  x <- rnorm(1)
  for (i in seq_along(time)[-1]) { decay <- exp(-(time[i] - time[i - 1])); x <- c(x, decay * x[i - 1] + sqrt(1 - decay^2) * rnorm(1)) }
  data.frame(x)
})
simulated("random_walk", 3, function(time) data.frame(x = cumsum(rnorm(40) * sqrt(c(1, diff(time))))))
simulated("waves", 3, function(time) data.frame(x = runif(1, 0.5, 2) * sin(2 * pi * (time / runif(1, 2, 5) + runif(1))) + rnorm(40, 0, 0.1)))
simulated("noisy_levels", 3, function(time) data.frame(x = rnorm(1, 0, 5) + rnorm(40)))
# Prey and predators by Lotka and Volterra, logarithms with noise.
simulated("predators", 3, function(time) {
  state <- runif(2, -0.7, 0.7); now <- 0; path <- c()
  for (t in time) { while (now < t) { h <- min(0.01, t - now); middle <- state + h / 2 * c(1 - exp(state[2]), exp(state[1]) - 1); state <- state + h * c(1 - exp(middle[2]), exp(middle[1]) - 1); now <- now + h }; path <- rbind(path, state) }
  setNames(data.frame(path + rnorm(80, 0, 0.05), row.names = NULL), c("prey", "predators"))
})

write.csv(panels, file.path(output, "panels.csv"), row.names = FALSE, quote = FALSE)
