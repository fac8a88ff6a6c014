using Microsoft.ML.Implicit.Layers.LatentOde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.LatentSde;

/// <summary>Two rows with two targets each, the second one's last not observed.</summary>
internal sealed record LatentProblem(Tensor Mean, Tensor LogVariance, Tensor Targets, Tensor Mask, LatentQuery Query)
{
    public LatentProblem ToSingle() => new(Single(Mean), Single(LogVariance), Single(Targets), Single(Mask), new LatentQuery(
        Query.Grid, Single(Query.Controls!), Query.Lower, Query.Places, Single(Query.TargetFeatures))
    { Levels = Single(Query.Levels!) });

    public static LatentProblem Create()
    {
        using var generator = new Generator(2);
        Tensor Draw(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
        Tensor mask = tensor(new double[] { 1, 1, 1, 0, 1, 1, 0, 0 }, [2, 2, 2]);
        var query = new LatentQuery(
            [.. Enumerable.Range(0, 9).Select(i => i / 4.0)],
            Draw(9, 2, 1),
            [2, 8, 1, 1],
            [0.6, 0.2, 0.8, 0],
            cat([tensor(new[] { 0.4, 1.05, 0.2, 0 }, [4, 1]), Draw(4, 1)], 1));
        var problem = new LatentProblem(Draw(2, 3), Draw(2, 3) - 2, Draw(2, 2, 2) * mask, mask, query);
        return problem with { Query = query with { Levels = Draw(2, 2) } };
    }

    private static Tensor Single(Tensor tensor) => tensor.to(ScalarType.Float32);
}
