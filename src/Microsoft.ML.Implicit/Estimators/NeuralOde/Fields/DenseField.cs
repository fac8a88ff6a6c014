using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Ode;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A vector as state, which a perceptron of state and time moves.</summary>
internal sealed partial class DenseField : OdeField
{
    private readonly int _featureCount;

    [ComponentName(Name = "embedding_weight")]
    private readonly Parameter? _embeddingWeight;

    [ComponentName(Name = "embedding_bias")]
    private readonly Parameter? _embeddingBias;

    [ComponentName(Name = "dynamics")]
    private readonly MlpDynamics _dynamics;

    /// <param name="architecture">Sizes.</param>
    /// <param name="inputWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights.</param>
    public DenseField(NeuralOdeArchitecture architecture, int inputWidth, Generator generator)
        : base(nameof(DenseField))
    {
        _featureCount = architecture.FeatureCount;
        if (architecture.StateWidth > 0)
        {
            var initializer = new CellInitializer(generator, ScalarType.Float32);
            _embeddingWeight = initializer.Normal(1, inputWidth, inputWidth, architecture.StateWidth);
            _embeddingBias = initializer.Constant(0, architecture.StateWidth);
        }

        AugmentedWidth = architecture.AugmentedDimensions;
        FeatureWidth = (architecture.StateWidth > 0 ? architecture.StateWidth : _featureCount) + architecture.AugmentedDimensions;
        long[] hidden = [.. Enumerable.Repeat((long)architecture.HiddenWidth, architecture.HiddenLayers)];
        _dynamics = new MlpDynamics(FeatureWidth, hidden, generator, DynamicsActivation.Tanh, TimeConditioning.Concatenate);
        RegisterComponents();
    }

    public override int FeatureWidth { get; }

    public override long AugmentedWidth { get; }

    public override nn.Module<Tensor, Tensor, Tensor> Dynamics => _dynamics;

    public MlpDynamics Perceptron => _dynamics;

    /// <summary>The map from an encoded row to the state, or <see langword="null"/> where the state is the scaled features.</summary>
    public (Parameter Weight, Parameter Bias)? Embedding => _embeddingWeight is null ? null : (_embeddingWeight, _embeddingBias!);

    // An encoded row begins with the scaled features.
    public override Tensor Embed(Tensor input) => _embeddingWeight is null ? input.narrow(1, 0, _featureCount)
        : input.is_sparse ? SparseRows.Affine(_embeddingBias!, input, _embeddingWeight)
        : _embeddingBias!.addmm(input, _embeddingWeight);

    public override Tensor Readout(Tensor state) => state;

    /// <summary>The map from an encoded row to the state at time 0, augmented, as W and b of x W + b.</summary>
    /// <param name="inputWidth">Length of an encoded row.</param>
    public (Tensor Weight, Tensor Bias) Start(int inputWidth)
    {
        Tensor weight = _embeddingWeight ?? eye(inputWidth, _featureCount);
        return (Augment(weight), Augment((_embeddingBias ?? zeros(_featureCount)).unsqueeze(0)).squeeze(0));
    }
}
