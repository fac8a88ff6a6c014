using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>What is given beside the variables: static values and covariates, numbers first and the indicators of categories after them.</content>
internal sealed partial record SeriesScaling
{
    public SeriesCategories Categories { get; init; } = SeriesCategories.None;

    /// <summary>Numbers that describe what holds for a whole series.</summary>
    public int StaticCount => StaticCenters.Length + Categories.Statics.Sum(vocabulary => vocabulary.Count);

    /// <summary>Functions of time that describe what is known ahead.</summary>
    public int CovariateCount => CovariateCenters.Length + Categories.Covariates.Sum(vocabulary => vocabulary.Count);

    /// <summary>Static values in units of their spread, 0 where missing, and the indicators of categories.</summary>
    public float[] ScaleStatics(float[] numbers, string[] categories) =>
    [
        .. numbers.Select((value, i) => float.IsFinite(value) ? Clip((value - StaticCenters[i]) / StaticScales[i]) : 0),
        .. categories.Zip(Categories.Statics, (category, vocabulary) => vocabulary.Encode(category)).SelectMany(indicators => indicators),
    ];

    /// <summary>Covariates in units of their spread, and the indicators of categories.</summary>
    public StepFunction[] ScaleCovariates(double[] times, float[][] numbers, string[][] categories) =>
    [
        .. numbers.Select((values, i) => new StepFunction(times, values, CovariateCenters[i], CovariateScales[i])),
        .. categories.Zip(Categories.Covariates, (values, vocabulary) => vocabulary.Encode(times, values)).SelectMany(indicators => indicators),
    ];
}
