using System.Text.Json;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>Programs of a file of reference solutions and gradients.</summary>
internal sealed class ConeGolden(JsonElement program)
{
    public string Name => program.GetProperty("name").GetString()!;

    public Tensor this[string name]
    {
        get
        {
            JsonElement element = program.GetProperty(name);
            double[] values = [.. element.EnumerateArray().SelectMany(item => item.ValueKind == JsonValueKind.Array ? item.EnumerateArray().Select(x => x.GetDouble()) : [item.GetDouble()])];
            return element[0].ValueKind == JsonValueKind.Array
                ? tensor(values, [element.GetArrayLength(), element[0].GetArrayLength()], ScalarType.Float64)
                : tensor(values, [values.Length], ScalarType.Float64);
        }
    }

    public Cone[] Cones => [.. program.GetProperty("cones").EnumerateArray().Select(ToCone)];

    public ConeProblem Problem(bool requiresGradient = false) => new(
        this["P"].requires_grad_(requiresGradient), this["q"].requires_grad_(requiresGradient), this["A"].requires_grad_(requiresGradient), this["b"].requires_grad_(requiresGradient), Cones);

    public static IReadOnlyList<ConeGolden> Load()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Goldens", "cone_programs.json"));
        return [.. JsonDocument.Parse(file).RootElement.GetProperty("programs").EnumerateArray().Select(program => new ConeGolden(program))];
    }

    private static Cone ToCone(JsonElement cone)
    {
        int size = cone[1].GetInt32();
        return cone[0].GetString() switch
        {
            "zero" => Cone.Zero(size),
            "nonnegative" => Cone.Nonnegative(size),
            "second_order" => Cone.SecondOrder(size),
            _ => Cone.Semidefinite((int)Math.Sqrt(2 * size)),
        };
    }
}
