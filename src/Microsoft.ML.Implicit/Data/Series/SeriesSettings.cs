namespace Microsoft.ML.Implicit.Data;

/// <summary>The options that name the columns of a series.</summary>
/// <param name="Times">That of the times.</param>
/// <param name="Value">That of each variable, by its place.</param>
/// <param name="Statics">That of the values that hold for a whole series.</param>
/// <param name="CovariateTimes">That of the times of covariates.</param>
/// <param name="Covariates">That of the covariates.</param>
internal sealed record SeriesSettings(string Times, Func<int, string> Value, string Statics, string CovariateTimes, string Covariates)
{
    /// <summary>What forecasters and the trainers of whole series call them.</summary>
    public static SeriesSettings Usual { get; } = new("TimeColumnName", _ => "InputColumnNames", "StaticColumnNames", "CovariateTimeColumnName", "CovariateColumnNames");
}
