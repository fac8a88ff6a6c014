using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>
/// The trace of the Jacobian of a perceptron with one or two hidden layers. With W₁, W₂, W₃ its weights
/// <c>[inputs, outputs]</c> and dᵢ the derivatives of its activations, the Jacobian is W₁D₁W₂D₂W₃ (transposed), so that
/// its trace is d₁ᵀ M d₂ with M = W₂ ∘ (W₃W₁)ᵀ, and with one hidden layer d₁ᵀm with m = diag(W₂W₁): no cost grows with
/// the dimension beyond that of M.
/// </summary>
internal sealed class TraceForm : IDisposable
{
    private readonly Tensor[] _weights;
    private readonly Tensor? _product;
    private readonly Tensor _form;
    private readonly Tensor _formGradient;

    public TraceForm(Tensor[] weights)
    {
        _weights = weights;
        if (weights.Length == 2)
        {
            _form = (weights[0] * weights[1].t()).sum(dim: 0).unsqueeze(1).DetachFromDisposeScope();
        }
        else
        {
            _product = weights[2].mm(weights[0]).t().DetachFromDisposeScope();
            _form = (weights[1] * _product).DetachFromDisposeScope();
        }

        _formGradient = zeros_like(_form).DetachFromDisposeScope();
    }

    /// <summary>M, or m as a matrix of one column.</summary>
    public Tensor Form => _form;

    /// <summary>Gradient of <see cref="Form"/>, gathered until <see cref="AddWeightGradients"/>.</summary>
    public Tensor FormGradient => _formGradient;

    public static bool Supports(int layerCount) => layerCount is 2 or 3;

    /// <summary>The trace for each row, <c>[batch, 1]</c>, and d₁ᵀM where there are two hidden layers.</summary>
    public (Tensor Trace, Tensor? Partial) Evaluate(Tensor first, Tensor? second)
    {
        Tensor product = first.mm(_form);
        return second is null ? (product, null) : ((product * second).sum(1, keepdim: true), product);
    }

    /// <summary>Cotangents of the derivatives, from the trace's, <c>[batch, 1]</c>.</summary>
    public (Tensor First, Tensor? Second) Pullback(Tensor cotangent, Tensor first, Tensor? second, Tensor? partial, bool wantsParameters)
    {
        Tensor outer = second is null ? cotangent : cotangent * second;
        if (wantsParameters)
        {
            _formGradient.addmm_(first.t(), outer);
        }

        return (outer.mm(_form.t()), partial is null ? null : partial * cotangent);
    }

    /// <summary>Adds the gradients that were gathered for M to those of the weights, and gathers anew.</summary>
    public void AddWeightGradients(ReadOnlySpan<Tensor> gradients)
    {
        if (_product is null)
        {
            gradients[0].addcmul_(_weights[1].t(), _formGradient.t(), 1.Held());
            gradients[1].addcmul_(_weights[0].t(), _formGradient, 1.Held());
            _formGradient.zero_();
            return;
        }

        Tensor productGradient = (_formGradient * _weights[1]).t();
        gradients[0].addmm_(_weights[2].t(), productGradient);
        gradients[1].addcmul_(_formGradient, _product, 1.Held());
        gradients[2].addmm_(productGradient, _weights[0].t());
        _formGradient.zero_();
    }

    public void Dispose()
    {
        _product?.Dispose();
        _form.Dispose();
        _formGradient.Dispose();
    }
}
