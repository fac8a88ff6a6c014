using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>What one rounding is relative to.</summary>
internal static class MachineEpsilon
{
    /// <summary>The spacing of numbers of float64 from 1 on: 2⁻⁵².</summary>
    public const double Double = 2.220446049250313e-16;

    /// <summary>The spacing of a type's numbers from 1 on: 2⁻⁵² of float64, 2⁻²³ of float32.</summary>
    public static double Of(ScalarType type) => Math.ScaleB(1, type == ScalarType.Float64 ? -52 : -23);
}
