using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators;

/// <summary>Reads score columns of any task into plain arrays.</summary>
internal static class Scored
{
    public static float[][] Vectors(IDataView data, string column = "Score") =>
        [.. data.GetColumn<VBuffer<float>>(data.Schema[column]).Select(value => value.DenseValues().ToArray())];

    public static float[] Values(IDataView data, string column = "Score") => [.. data.GetColumn<float>(data.Schema[column])];
}
