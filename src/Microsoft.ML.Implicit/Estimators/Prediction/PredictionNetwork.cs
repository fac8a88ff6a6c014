using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Encoded features in, with vectors in the place of categories, and outputs of a linear head out; what lies between is the kind of network. Or a stack of such networks, which are trained
/// together: the first dimension of every parameter is theirs, and their rows follow one another.
/// </summary>
internal abstract partial class PredictionNetwork : nn.Module
{
    [ComponentName(Name = "head_weight")]
    private protected readonly Parameter _headWeight;

    [ComponentName(Name = "head_bias")]
    private protected readonly Parameter _headBias;

    [ComponentName(Name = "categories")]
    private protected readonly CategoryEmbedding _categories;

    // A head of zeros starts at the prior.
    private protected PredictionNetwork(string name, CategoryEmbedding categories, long featureWidth, int outputWidth, int? stackSize = null)
        : base(name)
    {
        _categories = categories;
        long[] networks = stackSize is { } size ? [size] : [];
        _headWeight = new Parameter(zeros([.. networks, featureWidth, outputWidth]));
        _headBias = new Parameter(zeros([.. networks, outputWidth]));
    }

    /// <summary>Whether inputs go through an affine map first, whose weights can be changed as if the inputs had been.</summary>
    public bool MapsInputs => InputMap is not null;

    /// <summary>Vectors in the place of categories.</summary>
    public CategoryEmbedding Categories => _categories;

    /// <summary>Predicts.</summary>
    /// <param name="input">Embedded rows, [batch, inputWidth].</param>
    /// <param name="evaluations">Receives in addition what each row's solve evaluated, where the kind of network counts it; null where nobody asks.</param>
    /// <returns>float32 [batch, outputs], without a graph.</returns>
    public abstract Tensor Predict(Tensor input, float[]? evaluations = null);

    /// <summary>Predicts with a graph to the parameters and the input that can be differentiated twice.</summary>
    /// <param name="input">Embedded rows, [batch, inputWidth].</param>
    /// <returns>float32 [batch, outputs].</returns>
    public abstract Tensor Forward(Tensor input);

    /// <summary>Evaluates a loss of the outputs, and adds the gradients to those of the parameters, and to that of the input where it requires one.</summary>
    /// <param name="input">Embedded rows, [batch, inputWidth].</param>
    /// <param name="loss">From outputs, [batch, outputs], to a scalar: a mean over the rows, or the sum of those of a stack.</param>
    /// <param name="cancellationToken">Looked at in the solve.</param>
    public abstract NetworkStep Backward(Tensor input, Func<Tensor, Tensor> loss, CancellationToken cancellationToken);

    /// <summary>What a row that was not solved in training fell short of, and what to do; a sentence's end after 'x % of the ...'.</summary>
    public abstract string UnsolvedRows { get; }

    /// <summary>A copy of the frozen network in managed memory, or <see langword="null"/> where there is none for its kind.</summary>
    /// <param name="code">How encoded rows will be given.</param>
    public abstract ManagedNetwork? CreateManaged(InputCode code);

    /// <summary>The affine map that inputs go through first, [inputWidth, outputs] and [outputs], or <see langword="null"/> where they meet something else.</summary>
    private protected abstract (Parameter Weight, Parameter Bias)? InputMap { get; }

    /// <summary>Multiplies the weights that inputs meet, as if the inputs had been multiplied.</summary>
    public void ScaleInputs(double factor)
    {
        using IDisposable noGraph = no_grad();
        InputMap!.Value.Weight.mul_(factor.Held());
    }

    /// <summary>Ends training.</summary>
    public virtual void Freeze() => this.FreezeState();

    /// <summary>Multiplies the network's outputs by a number.</summary>
    public void ScaleOutputs(double factor)
    {
        using IDisposable noGraph = no_grad();
        _headWeight.mul_(factor.Held());
        _headBias.mul_(factor.Held());
    }

    /// <summary>Takes the parameters of a network that was trained, or of one of a stack.</summary>
    /// <param name="trained">The network or stack.</param>
    /// <param name="index">Which network of a stack; null for one network.</param>
    /// <param name="encoder">Whose rows it was trained on, where those of this network have no components.</param>
    public void CopyFrom(PredictionNetwork trained, int? index, WhitenedEncoder? encoder)
    {
        using IDisposable noGraph = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor Selected(Tensor value) => index is { } network ? value[network] : value;
        (Parameter Weight, Parameter Bias)? folded = encoder is null ? null : InputMap;
        Dictionary<string, Tensor> values = trained.state_dict();
        foreach ((string name, Tensor value) in state_dict())
        {
            if (!ReferenceEquals(value, folded?.Weight) && !ReferenceEquals(value, folded?.Bias))
            {
                value.copy_(Selected(values[name]));
            }
        }

        if (folded is { } own)
        {
            (Tensor weight, Tensor bias) = encoder!.Fold(Selected(trained.InputMap!.Value.Weight), Selected(trained.InputMap.Value.Bias));
            own.Weight.copy_(weight);
            own.Bias.copy_(bias);
        }
    }
}
