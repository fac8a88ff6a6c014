using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Forecasters of <see cref="CategoryRow"/>, trained as shortly as can be.</summary>
internal static class CategoryModels
{
    public static IDataView Keyed(MLContext ml, IEnumerable<CategoryRow> rows) => ml.Data.LoadFromEnumerable(rows.Select(row => new KeyedCategoryRow(row)).ToArray());

    public static LatentOdeTransformer Train(MLContext ml, IDataView data, int epochs = 1) => ml.Forecasting.ForecastByLatentOde(Options(epochs)).Fit(data);

    public static LatentOdeOptions Options(int epochs)
    {
        LatentOdeOptions options = QuickOptions.Create(epochs);
        options.InputColumnNames = [nameof(CategoryRow.Level)];
        options.StaticColumnNames = [nameof(CategoryRow.Kind)];
        options.CovariateColumnNames = [nameof(CategoryRow.Mode)];
        options.Horizon = [1, 2];
        return options;
    }
}
