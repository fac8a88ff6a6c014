# Writes the tables that `quality tabular` reads: complete rows, numbers alone, the label last.
#
#     Rscript export.R FOLDER_OF_CSV_FILES OUTPUT
#
# The first folder holds the public sets that the other quality tables read. The rest are of the packages mlbench, MASS, kernlab, caret, carData, rpart,
# mclust, survival, earth, randomForest and HSAUR3, and simulated ones of mlbench. A factor of two levels is one column, one of more a column
# a level; an ordered one is its rank. Sets of more than 20,000 rows are cut to a random 20,000.
suppressMessages({library(mlbench); library(MASS); library(kernlab); library(survival); library(rpart); library(mclust)})
arguments <- commandArgs(TRUE)
source_folder <- arguments[1]
output <- arguments[2]
dir.create(output, showWarnings = FALSE, recursive = TRUE)
from <- function(name, package) { place <- new.env(); data(list = name, package = package, envir = place); place }

numbers <- function(column, name) {
  if (is.ordered(column) || is.logical(column)) column <- as.integer(column)
  if (is.character(column)) column <- factor(column)
  if (!is.factor(column)) return(setNames(data.frame(as.numeric(column)), name))
  column <- droplevels(column)
  if (nlevels(column) == 2) return(setNames(data.frame(as.integer(column) - 1), name))
  setNames(data.frame(sapply(levels(column), function(level) as.integer(column == level))), paste0(name, "_", seq_len(nlevels(column))))
}

table_of <- function(name, data, label, without = c()) {
  data <- as.data.frame(data)
  data <- data[, !(names(data) %in% without), drop = FALSE]
  data <- data[complete.cases(data), , drop = FALSE]
  set.seed(1)
  if (nrow(data) > 20000) data <- data[sample(nrow(data), 20000), ]
  features <- do.call(cbind, lapply(setdiff(names(data), label), function(column) numbers(data[[column]], column)))
  target <- data[[label]]
  features$Label <- if (is.factor(target) || is.character(target)) paste0("c_", gsub("[^A-Za-z0-9.]", "_", as.character(target))) else as.numeric(target)
  write.csv(format(features, digits = 9, trim = TRUE), file.path(output, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}

own <- function(name, label, without = c(), text = TRUE, file = name) {
  data <- read.csv(file.path(source_folder, paste0(file, ".csv")), stringsAsFactors = FALSE)
  if (text) data[[label]] <- as.character(data[[label]])
  table_of(name, data, label, without)
}

last <- function(file) tail(names(read.csv(file.path(source_folder, paste0(file, ".csv")), nrows = 1)), 1)
for (file in c("breast_cancer", "digits8x8", "iris", "pima_diabetes", "satellite", "shuttle", "sonar", "vowel", "wine")) own(file, last(file))
own("letter", "lettr", file = "letter_recognition")
own("penguins", "species", without = c("island", "year"))
own("concrete", "compressive_strength", text = FALSE)
own("diamonds", "price", text = FALSE)
own("nox", "lnox", text = FALSE, file = "nox_emissions")
own("flchain", "creatinine", without = c("chapter"), text = FALSE)

packaged <- list(c("Glass", "mlbench", "Type"), c("Ionosphere", "mlbench", "Class"), c("Vehicle", "mlbench", "Class"), c("DNA", "mlbench", "Class"), c("Zoo", "mlbench", "type"),
  c("HouseVotes84", "mlbench", "Class"), c("spam", "kernlab", "type"), c("musk", "kernlab", "Class"), c("GermanCredit", "caret", "Class"), c("segmentationData", "caret", "Class"), c("scat", "caret", "Species"),
  c("crabs", "MASS", "sp"), c("fgl", "MASS", "type"), c("biopsy", "MASS", "class"), c("banknote", "mclust", "Status"), c("thyroid", "mclust", "Diagnosis"), c("etitanic", "earth", "survived"), c("Chile", "carData", "vote"),
  c("stagec", "rpart", "ploidy"), c("BostonHousing", "mlbench", "medv"), c("Servo", "mlbench", "Class"), c("ozone1", "earth", "O3"), c("cpus", "MASS", "perf"), c("SLID", "carData", "wages"), c("imports85", "randomForest", "price"),
  c("Sacramento", "caret", "price"), c("UScereal", "MASS", "calories"), c("Prestige", "carData", "prestige"), c("Salaries", "carData", "salary"), c("plasma", "HSAUR3", "fibrinogen"), c("GAGurine", "MASS", "GAG"), c("mcycle", "MASS", "accel"),
  c("airquality", "datasets", "Ozone"), c("quakes", "datasets", "mag"), c("Mroz", "carData", "lwg"))
classes <- c("Glass", "DNA", "Zoo", "thyroid", "etitanic")
without <- list(segmentationData = c("Cell", "Case"), crabs = "index", biopsy = "ID", cpus = "name", Sacramento = c("zip", "city"), crabs = c("index"), musk = c(), airquality = c("Month", "Day"))
for (entry in packaged) {
  data <- from(entry[1], entry[2])[[entry[1]]]
  if (entry[1] %in% classes) data[[entry[3]]] <- as.character(data[[entry[3]]])
  if (entry[1] == "Servo") data[[entry[3]]] <- as.numeric(data[[entry[3]]])
  table_of(entry[1], data, entry[3], without[[entry[1]]])
}

place <- from("tecator", "caret"); table_of("tecator", data.frame(place$absorp, Label = place$endpoints[, 2]), "Label")
place <- from("BloodBrain", "caret"); table_of("BloodBrain", data.frame(place$bbbDescr, Label = place$logBBB), "Label")
place <- from("mdrr", "caret"); table_of("mdrr", data.frame(place$mdrrDescr, Label = place$mdrrClass), "Label")
place <- from("dhfr", "caret"); table_of("dhfr", place$dhfr, "Y")

set.seed(1)
simulated <- function(name, set) table_of(name, data.frame(set$x, Label = if (is.null(set$classes)) set$y else set$classes), "Label")
simulated("waveform", mlbench.waveform(1500))
simulated("ringnorm", mlbench.ringnorm(1000, 10))
simulated("spirals", mlbench.spirals(600, 1.5, 0.05))
simulated("friedman1", mlbench.friedman1(800, 1))
simulated("friedman2", mlbench.friedman2(800, 100))
simulated("friedman3", mlbench.friedman3(800, 0.1))
