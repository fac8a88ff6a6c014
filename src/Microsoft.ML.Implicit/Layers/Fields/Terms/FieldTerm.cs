using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>A part of ∂u/∂t. Derive from it for one of your own, by operations that autograd follows.</summary>
public abstract class FieldTerm : nn.Module<FieldState, Tensor>
{
    /// <summary>Creates a term.</summary>
    /// <param name="name">Name of the module.</param>
    protected FieldTerm(string name)
        : base(name)
    {
    }

    /// <summary>Highest derivative along an axis that the term looks at; 0 for the field alone.</summary>
    public abstract int HighestDerivative { get; }

    /// <summary>Whether the term at a point depends on the field and its derivatives at that point alone, as by default. Implicit methods rely on it.</summary>
    public virtual bool IsLocal => true;

    /// <summary>
    /// Fields whose weighted sum the term is, with learned weights, where it is one: what a least-squares fit can start from. Empty where there are none.
    /// </summary>
    /// <returns>Each of the shape of the field.</returns>
    internal virtual IReadOnlyList<Tensor> Basis(FieldState state) => [];

    /// <summary>What no weight may be below.</summary>
    internal virtual double SmallestWeight => double.NegativeInfinity;

    /// <summary>Sets the weights of <see cref="Basis"/>.</summary>
    internal virtual void SetWeights(ReadOnlySpan<double> weights)
    {
    }
}
