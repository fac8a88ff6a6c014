using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>Units in a model file.</content>
internal sealed partial record SeriesScaling
{
    public void Write(DocumentWriter writer)
    {
        writer.Write("median_gap", MedianGap);
        writer.Write("longest_gap", LongestGap);
        writer.Write("horizon", Horizon);
        writer.Write("level_sharpness", Sharpness);
        writer.Write("stays_beyond_horizon", StaysBeyondHorizon);
        writer.Write("periods", Periods);
        writer.Write("variables", Variables.Length);
        for (int v = 0; v < Variables.Length; v++)
        {
            Variables[v].Write(writer.Section($"variable{v}"));
        }

        writer.Write("static_centers", StaticCenters);
        writer.Write("static_scales", StaticScales);
        writer.Write("covariate_centers", CovariateCenters);
        writer.Write("covariate_scales", CovariateScales);
        Categories.Write(writer.Section("categories"));
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static SeriesScaling Read(DocumentReader reader)
    {
        double medianGap = reader.Double("median_gap");
        double longestGap = reader.OptionalText("longest_gap") is null ? double.MaxValue : reader.Double("longest_gap");
        double horizon = reader.Double("horizon");
        bool staysBeyondHorizon = reader.OptionalText("stays_beyond_horizon") is not null && reader.Boolean("stays_beyond_horizon");
        int sharpness = reader.OptionalText("level_sharpness") is null ? 1 : reader.Int32("level_sharpness");
        double[] periods = Measurements.Checked(reader.Doubles("periods"));
        int count = reader.Int32("variables");
        if (count < 1 || !Measurements.IsUnit(medianGap) || !Measurements.IsUnit(horizon) || !(longestGap > 0) || sharpness is < 1 or > MostSharpness || !Array.TrueForAll(periods, Measurements.IsUnit))
        {
            throw new FormatException("The model file describes impossible units.");
        }

        var variables = new List<VariableScale>();
        while (variables.Count < count)
        {
            variables.Add(VariableScale.Read(reader.Section($"variable{variables.Count}")));
        }

        if (variables.Exists(variable => variable.Seasonal.Length != SeasonalComponent.CoefficientCount(periods.Length)))
        {
            throw new FormatException("The model file's seasonal components do not fit its periods.");
        }

        double[] staticCenters = Measurements.Checked(reader.Doubles("static_centers"));
        double[] staticScales = reader.Doubles("static_scales");
        double[] covariateCenters = Measurements.Checked(reader.Doubles("covariate_centers"));
        double[] covariateScales = reader.Doubles("covariate_scales");
        return staticCenters.Length == staticScales.Length && covariateCenters.Length == covariateScales.Length
            && Array.TrueForAll(staticScales, Measurements.IsUnit) && Array.TrueForAll(covariateScales, Measurements.IsUnit)
            ? new SeriesScaling(medianGap, longestGap, horizon, periods, [.. variables], staticCenters, staticScales, covariateCenters, covariateScales)
            {
                Categories = SeriesCategories.Read(reader.Section("categories")),
                Sharpness = sharpness,
                StaysBeyondHorizon = staysBeyondHorizon,
            }
            : throw new FormatException("The model file's centres and scales do not fit each other.");
    }
}
