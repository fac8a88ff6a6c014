using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>A <see cref="SmoothPerceptron.Evaluation"/> in a program.</summary>
internal sealed record PerceptronBlocks(RowProgramBuilder Program, PerceptronLayer[] Layers, AngleEmbedding Embedding, Block Embedded, Block[] Derivatives, Block Output)
{
    /// <summary>∂y/∂x of the only output.</summary>
    public Block Gradient() => Through(Program.Constant(Layers[^1].Weight));

    /// <summary>aᵀ ∂y/∂x.</summary>
    public Block Pullback(Block cotangent) => Through(Program.AffineTransposed(cotangent, Layers[^1].Weight));

    /// <summary>∂y/∂x v.</summary>
    public Block Pushforward(Block tangent)
    {
        tangent = Embedding.Pushforward(Program, Embedded, tangent);
        for (int i = 0; i < Layers.Length; i++)
        {
            tangent = Program.Affine(tangent, Layers[i].Weight);
            tangent = i < Derivatives.Length ? Program.Multiply(tangent, Derivatives[i]) : tangent;
        }

        return tangent;
    }

    // From the cotangent of the last layer's input.
    private Block Through(Block cotangent)
    {
        for (int i = Layers.Length - 2; i >= 0; i--)
        {
            cotangent = Program.AffineTransposed(Program.Multiply(cotangent, Derivatives[i]), Layers[i].Weight);
        }

        return Embedding.Pullback(Program, Embedded, cotangent);
    }
}
