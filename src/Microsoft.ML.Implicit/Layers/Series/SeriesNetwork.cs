using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>From whole series to outputs.</summary>
internal sealed class SeriesNetwork : nn.Module
{
    // Of a class without rows, whose logarithm has no end.
    private const double LargestConstant = 10;

    [ComponentName(Name = "encoder")]
    private readonly WholeSeriesEncoder _encoder;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    public SeriesNetwork(WholeSeriesEncoder encoder, long statics, long hiddenWidth, long outputs, Generator generator)
        : base(nameof(SeriesNetwork))
    {
        _encoder = encoder;
        _norm = nn.LayerNorm(encoder.FeatureCount);
        _hidden = Initialization.Linear(encoder.FeatureCount + statics, hiddenWidth, generator);
        _output = Initialization.Zero(hiddenWidth, outputs);
        RegisterComponents();
    }

    public WholeSeriesEncoder Encoder => _encoder;

    /// <summary>Begins with outputs that are the same for all rows.</summary>
    public void SetConstant(Tensor outputs)
    {
        using IDisposable noGradient = no_grad();
        _output.bias!.copy_(outputs.clamp((-LargestConstant).Held(), LargestConstant.Held()));
    }

    /// <summary>Multiplies all outputs.</summary>
    public void ScaleOutputs(double factor)
    {
        using IDisposable noGradient = no_grad();
        _output.weight.mul_(factor.Held());
        _output.bias!.mul_(factor.Held());
    }

    /// <summary>The hidden state at the end of each series, [batch, features].</summary>
    /// <param name="inputs">The series.</param>
    /// <param name="evaluations">Evaluations of a vector field.</param>
    public Tensor Features(SeriesInputs inputs, out int evaluations) => _norm.forward(_encoder.Encode(inputs, out evaluations));

    /// <summary>Outputs, [batch, outputs].</summary>
    /// <param name="features">What <see cref="Features"/> gives.</param>
    /// <param name="statics">What holds for a whole series.</param>
    public Tensor Output(Tensor features, Tensor statics) => _output.forward(_hidden.forward(cat([features, statics], 1)).relu());
}
