using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Onnx.FixedPoint;

/// <summary>z ← z + damping · (f(z) − z), as <see cref="PicardSolver"/>.</summary>
internal sealed class OnnxPicardRule(PicardSettings settings) : OnnxIterationRule(settings)
{
    public override OnnxValue[] CreateMemory(OnnxValue start, int width) => [];

    public override (OnnxValue Residual, OnnxValue Next, OnnxValue[] Memory) Advance(OnnxValue iteration, OnnxValue z, OnnxValue f, OnnxValue[] memory)
    {
        OnnxValue g = f - z;
        return (Norm(g), settings.Damping == 1 ? f : z + (g * settings.Damping), []);
    }
}
