using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

[TestClass]
public sealed class CurveTests
{
    private static readonly string[] EveryOperation =
    [
        "a * exp(-b * t) + c - t / b",
        "log(a + t^2) * sqrt(b * t) + abs(c - t)",
        "sin(a * t) * cos(b + t) - tan(c * t / 9)",
        "atan(a * t) + sinh(b * t / 5) * cosh(c) + tanh(b * t)",
        "(a + t)^b + pow(t, c) + 2^-a + t^3 + t^0.5",
        "max(a * t, b) + min(c, t) - -a",
    ];

    [TestMethod]
    [DataRow("1 + 2 * 3", 7)]
    [DataRow("-2^2", -4)]
    [DataRow("2^3^2", 512)]
    [DataRow("2^-1", 0.5)]
    [DataRow("(1 + 2) * 3 - 8 / 4 / 2", 8)]
    [DataRow("- -3 + +1.5e-1 + 2E2", 203.15)]
    [DataRow("cos(pi) + max(1, 2) + pow(4, .5)", 3)]
    [DataRow("max(1, 4, 2) - min(5, 3, 7, 4)", 1)]
    public void Operations_bind_as_in_mathematics(string expression, double expected)
    {
        var fitter = new CurveFitter(Curve.Parse($"{expression} + 0 * p"));
        Assert.AreEqual(expected, fitter.Evaluate(new CurvePoints([], [0]), [0])[0], 1e-12);
    }

    [TestMethod]
    [DataRow("a * * t", "position 5")]
    [DataRow("a * (t", "')' is expected")]
    [DataRow("a * t)", "')' is not expected")]
    [DataRow("a * sinus(t)", "no function 'sinus'")]
    [DataRow("a + exp", "no argument")]
    [DataRow("a + ", "missing at its end")]
    [DataRow("a + 1.2.3", "no number")]
    [DataRow("2 * t", "no parameter")]
    [DataRow("", "missing at its end")]
    [DataRow("max(a)", "',' is expected")]
    [DataRow("pow(a, t, 2)", "')' is expected")]
    [DataRow("a = t", "'=' is not expected")]
    public void What_is_no_curve_is_refused_by_what_is_wrong_with_it(string expression, string expected) =>
        Assert.Contains(expected, Assert.ThrowsExactly<FormatException>(() => Curve.Parse(expression, "t")).Message);

    [TestMethod]
    public void Brackets_nested_without_end_are_refused_rather_than_exhausting_the_stack()
    {
        Assert.Contains("nested", Assert.ThrowsExactly<FormatException>(() => Curve.Parse(new string('(', 1_000_000) + "a", "t")).Message);
        Assert.Contains("nested", Assert.ThrowsExactly<FormatException>(() => Curve.Parse(string.Concat(Enumerable.Repeat("2^", 1_000_000)) + "a", "t")).Message);
    }

    [TestMethod]
    public void Names_of_inputs_and_of_functions_cannot_be_confused()
    {
        Assert.Contains("'exp'", Assert.ThrowsExactly<ArgumentException>(() => Curve.Parse("a * exp(t)", "exp")).Message);
        Assert.ThrowsExactly<ArgumentException>(() => Curve.Parse("a * t", "t", "t"));
        CollectionAssert.AreEqual(new[] { "k", "größe" }, Curve.Parse("exp(-k * t) * größe + k", "t").Parameters.ToArray());
    }

    [TestMethod]
    public void Values_and_derivatives_of_every_operation_agree_with_those_of_tensors()
    {
        foreach (string expression in EveryOperation)
        {
            using DisposeScope scope = NewDisposeScope();
            Curve curve = Curve.Parse(expression, "t");
            double[] times = [0.3, 0.9, 1.7, 2.2], point = [0.7, 1.3, 0.4];
            Tensor parameters = tensor(point).unsqueeze(0).requires_grad_();
            Tensor values = curve.Evaluate([tensor(times).unsqueeze(0)], parameters);
            var tape = new CurveTape(curve.Graph, curve.Parameters.Count);
            tape.Begin(times, times.Length);
            double[] computed = tape.Evaluate(point).ToArray(), jacobian = new double[point.Length * times.Length];
            tape.Differentiate(jacobian);
            for (int i = 0; i < times.Length; i++)
            {
                Assert.AreEqual(values[0, i].item<double>(), computed[i], 1e-12, expression);
                Tensor gradient = autograd.grad([values[0, i]], [parameters], retain_graph: true)[0];
                for (int j = 0; j < point.Length; j++)
                {
                    int named = "abc".IndexOf(curve.Parameters[j], StringComparison.Ordinal);
                    Assert.IsGreaterThanOrEqualTo(0, named);
                    Assert.AreEqual(gradient[0, j].item<double>(), jacobian[(j * times.Length) + i], 1e-11, $"{expression}, {curve.Parameters[j]}");
                }
            }
        }
    }

    [TestMethod]
    public void Parameters_get_the_units_that_make_sense_of_the_curve()
    {
        // Of the values and of the input.
        AssertUnits("a * exp(-k * t) + c", [1, 0], [0, -1], [1, 0]);
        AssertUnits("top / (1 + exp(-(t - middle) / width))", [1, 0], [0, 1], [0, 1]);
        AssertUnits("vmax * t / (km + t)", [1, 0], [0, 1]);
        AssertUnits("(a + b * t + c * t^2) / (1 + d * t)", [1, 0], [1, -1], [1, -2], [0, -1]);
        AssertUnits("b1 * t^b2", [1, -0], [0, 0]);
    }

    [TestMethod]
    public void Parameters_that_need_no_start_are_found()
    {
        CollectionAssert.AreEqual(new[] { true, false, true }, Affine("a * exp(-k * t) + c"));
        CollectionAssert.AreEqual(new[] { true, false }, Affine("a * b * t"));
        CollectionAssert.AreEqual(new[] { true, true, false }, Affine("(a + b * t) / (1 + c * t)"));
        CollectionAssert.AreEqual(new[] { true, true, false }, Affine("(a + b * t) * (1 + c * sin(t))"));
        CollectionAssert.AreEqual(new[] { false, true, true }, Affine("(1 + c * sin(t)) * (a + b * t)"), "the trend's are solved for, wherever they stand");

        static bool[] Affine(string expression)
        {
            var curve = Curve.Parse(expression, "t");
            return LinearParameters.Find(curve, ParameterUnits.Find(curve));
        }
    }

    [TestMethod]
    public void Numbers_beside_parameters_have_units_that_are_not_written()
    {
        ParameterUnit temperature = ParameterUnits.Find(Curve.Parse("A / t^5 / (exp(14388 / (t * T)) - 1)", "t"))[1];
        Assert.AreEqual(-1, temperature.Inputs[0], 1e-12);
        Assert.AreEqual(14388, temperature.Factor, 1e-6);
        Assert.AreEqual(0, ParameterUnits.Find(Curve.Parse("a / (1 + exp(-(t / 3600 - m) / s))", "t"))[1].PlaceInput);
        Assert.AreEqual(1 / 3600.0, ParameterUnits.Find(Curve.Parse("a / (1 + exp(-(t / 3600 - m) / s))", "t"))[1].Factor, 1e-12);
        foreach (string expression in new[] { "a * sin(2 * pi * t / 86400 + p)", "a * cos(p - 2 * pi * t / 86400)", "a * sin(2 * pi * (t / 86400 + p))", "a * sin(2 * pi * (p + t / 86400))" })
        {
            Curve curve = Curve.Parse(expression, "t");
            Assert.IsTrue(ParameterUnits.Find(curve)[curve.Parameters.ToList().IndexOf("p")].IsNone, expression);
        }

        Assert.AreEqual(0, ParameterUnits.Find(Curve.Parse("a * sin(2 * pi * (t - s) / P)", "t"))[1].PlaceInput);
    }

    private static void AssertUnits(string expression, params double[][] expected)
    {
        ParameterUnit[] units = ParameterUnits.Find(Curve.Parse(expression, "t"));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i][0], units[i].Values, 1e-12, $"{expression}, parameter {i}, values");
            Assert.AreEqual(expected[i][1], units[i].Inputs[0], 1e-12, $"{expression}, parameter {i}, input");
        }
    }
}
