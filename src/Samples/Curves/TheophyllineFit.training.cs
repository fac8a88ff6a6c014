using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Curves;

internal static partial class TheophyllineFit
{
    /// <summary>Reads the measurements and puts those of a subject in one row.</summary>
    private static IDataView LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView rows = ml.Data.LoadFromTextFile<Measurement>(settings.DataPath("Curves", "theoph.csv"), separatorChar: ',', hasHeader: true);
        return ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Measurement>(rows, reuseRowObject: false)
            .GroupBy(measurement => measurement.Subject)
            .Select(subject => new Subject
            {
                Number = subject.Key,
                Dose = subject.First().Dose,
                Hours = [.. subject.Select(measurement => measurement.Hours)],
                Concentration = [.. subject.Select(measurement => measurement.Concentration)],
            })
            .ToArray());
    }

    /// <summary>Which of the two rates is the elimination the data do not say: by convention it is the lower one.</summary>
    private static ITransformer CreateModel(MLContext ml, IDataView subjects) =>
        ml.Transforms.FitCurve(new FitCurveOptions
        {
            Expression = "dose * ke * ka * (exp(-ke * t) - exp(-ka * t)) / (cl * (ka - ke))",
            Inputs = ["dose", "t"],
            ColumnNames = new Dictionary<string, string> { ["dose"] = nameof(Subject.Dose), ["t"] = nameof(Subject.Hours) },
            ValueColumnName = nameof(Subject.Concentration),
            LowerBounds = new Dictionary<string, double> { ["ke"] = 0, ["ka"] = 0.3 },
            UpperBounds = new Dictionary<string, double> { ["ke"] = 0.3 },
            ResidualDeviationColumnName = nameof(Curves.Fit.Deviation),
        }).Fit(subjects);

    private sealed class Measurement
    {
        [LoadColumn(0)]
        public int Subject { get; set; }

        [LoadColumn(1)]
        public double Hours { get; set; }

        [LoadColumn(3)]
        public double Dose { get; set; }

        [LoadColumn(4)]
        public double Concentration { get; set; }
    }
}
