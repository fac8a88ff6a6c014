using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads covariates known ahead from objects whose members stand for the forecaster's columns.</summary>
internal sealed class CovariateReader
{
    private readonly Func<object, double> _time;
    private readonly MixedMembers _members;

    /// <exception cref="ArgumentException">A member is missing or has the wrong type.</exception>
    public CovariateReader(Type type, SeriesColumns columns, SeriesCategories categories)
    {
        _time = ColumnMember.Find(type, columns.CovariateTimes ?? columns.Times).AsTime();
        _members = new MixedMembers(type, columns.Covariates, categories.Covariates);
    }

    /// <summary>Times, and at these one array a covariate that is a number or a category.</summary>
    public (double[] Times, float[][] Numbers, string[][] Categories) Read(object[] rows) => (
        Array.ConvertAll(rows, row => _time(row)),
        Transpose(Array.ConvertAll(rows, _members.ReadNumbers), _members.NumberCount),
        Transpose(Array.ConvertAll(rows, _members.ReadCategories), _members.CategoryCount));

    private static T[][] Transpose<T>(T[][] rows, int columns) => [.. Enumerable.Range(0, columns).Select(i => Array.ConvertAll(rows, row => row[i]))];
}
