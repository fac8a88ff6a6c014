using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads numbers of a row, as many as it has.</summary>
internal static class PointReader
{
    /// <param name="row">Where rows are read.</param>
    /// <param name="column">A scalar or vector of Single or Double, of known or varying length.</param>
    public static Func<double[]> Create(DataViewRow row, DataViewSchema.Column column)
    {
        bool isSingle = column.Type.GetItemType().Equals(NumberDataViewType.Single);
        if (column.Type is not VectorDataViewType)
        {
            NumberReader read = NumberColumns.CreateReader(row, column);
            return () =>
            {
                double[] values = new double[1];
                read(values);
                return values;
            };
        }

        if (isSingle)
        {
            var singles = new VectorReader<float>(row, column);
            return () => Array.ConvertAll(singles.ReadArray(), value => (double)value);
        }

        var doubles = new VectorReader<double>(row, column);
        return doubles.ReadArray;
    }
}
